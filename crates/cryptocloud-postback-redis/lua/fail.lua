local doc, report = claimed()
if not doc then
    return {'refused', 'stale'}
end
report.error = arg.error
report.failing_since = report.failing_since or now
change(doc, report, 'failed', now + number_of('delay'))
return {'ok'}
