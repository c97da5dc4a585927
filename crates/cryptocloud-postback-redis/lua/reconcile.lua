local doc = load(arg.identity)
local unconfirmed, is_known, is_discarded
-- The vendor states more than what operators decided about, and they decided about every report.
local is_rest = arg.rest ~= nil
for _, report in ipairs(doc) do
    if report.state == 'held' and report.hold == arg.unconfirmed
        and (not unconfirmed or report.id < unconfirmed.id) then
        unconfirmed = report
    end
    is_known = is_known or report.source == 'reconciled'
    is_discarded = is_discarded or report.state == 'discarded'
    is_rest = is_rest and (report.state == 'discarded'
        or (report.state == 'done' and report.accepted_amount ~= nil))
end
if is_rest then
    if #doc == 0 then
        return {'refused', 'known'}
    end
    local state = is_blocked(doc) and 'conflict' or 'held'
    local report = add(doc, arg.source)
    report.hold, report.reason = arg.rest, arg.reason
    change(doc, report, state)
    return {'ok', digits(report.id)}
end
if is_blocked(doc) then
    return {'refused', 'blocked'}
end
if unconfirmed then
    restart(doc, unconfirmed)
    return {'ok', digits(unconfirmed.id)}
end
if is_discarded then
    return {'refused', 'discarded'}
end
if is_known then
    return {'refused', 'known'}
end
local report = add(doc, arg.source)
change(doc, report, 'received', now)
return {'ok', digits(report.id)}
