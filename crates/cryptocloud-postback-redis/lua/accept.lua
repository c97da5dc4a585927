local doc, report = find(number_of('id'))
if not report then
    return {'not_found'}
end
if report.state ~= 'held' and report.state ~= 'conflict' then
    return {'refused', 'state'}
end
if is_blocked(doc, report) then
    return {'refused', 'blocked'}
end
decide(report, 'accept')
report.accepted_amount, report.accepted_order_id = arg.amount, arg.order_id
restart(doc, report)
return {'ok'}
