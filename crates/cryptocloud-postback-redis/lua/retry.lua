local doc, report = find(number_of('id'))
if not report then
    return {'not_found'}
end
if report.state ~= 'failed' and report.state ~= 'held' then
    return {'refused', 'state'}
end
if is_blocked(doc, report) then
    return {'refused', 'blocked'}
end
decide(report, 'retry')
restart(doc, report)
return {'ok'}
