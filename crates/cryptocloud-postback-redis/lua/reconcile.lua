local doc = load(arg.identity)
if is_blocked(doc) then
    return {'refused', 'blocked'}
end
local unconfirmed, is_known
for _, report in ipairs(doc) do
    if report.state == 'held' and report.hold == arg.unconfirmed
        and (not unconfirmed or report.id < unconfirmed.id) then
        unconfirmed = report
    end
    is_known = is_known or report.source == 'reconciled'
end
if unconfirmed then
    restart(doc, unconfirmed)
    return {'ok', digits(unconfirmed.id)}
end
for _, report in ipairs(doc) do
    if report.state == 'discarded' then
        return {'refused', 'discarded'}
    end
end
if is_known then
    return {'refused', 'known'}
end
local report = add(doc, arg.source)
change(doc, report, 'received', now)
return {'ok', digits(report.id)}
