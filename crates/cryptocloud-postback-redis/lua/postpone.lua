local doc, report = claimed()
if not doc then
    return {'refused', 'stale'}
end
report.error = arg.error
report.attempts = math.max(report.attempts - 1, 0)
change(doc, report, 'received', now + number_of('delay'))
return {'ok'}
