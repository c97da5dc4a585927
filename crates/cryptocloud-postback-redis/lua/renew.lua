local doc, report = claimed()
if not doc then
    return {'refused', 'stale'}
end
change(doc, report, 'running', now + number_of('lease'))
return {'ok'}
