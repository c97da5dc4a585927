local doc, report = find(number_of('id'))
if not report then
    return {'not_found'}
end
if report.state ~= 'failed' and report.state ~= 'held' and report.state ~= 'conflict' then
    return {'refused', 'state'}
end
decide(report, 'discard')
change(doc, report, 'discarded')
return {'ok'}
