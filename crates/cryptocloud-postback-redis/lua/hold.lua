local doc, report = claimed()
if not doc then
    return {'refused', 'stale'}
end
report.hold, report.reason = arg.hold, arg.reason
change(doc, report, 'held')
return {'ok'}
