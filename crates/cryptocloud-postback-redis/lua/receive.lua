local doc = load(arg.identity)
for _, report in ipairs(doc) do
    if report.fingerprint == arg.fingerprint then
        return {'known', digits(report.id), report.state}
    end
end
for _, report in ipairs(doc) do
    if report.source == 'reconciled' and not report.fingerprint then
        report.fingerprint = arg.fingerprint
        save(doc)
        return {'known', digits(report.id), report.state}
    end
end
if #doc >= number_of('max_reports') then
    return {'refused', 'full'}
end

local report = add(doc, arg.source)
if arg.hold then
    report.hold = arg.hold
    change(doc, report, 'held')
elseif is_blocked(doc, report) then
    change(doc, report, 'conflict')
elseif arg.lease then
    report.attempts = 1
    change(doc, report, 'running', now + number_of('lease'))
else
    change(doc, report, 'received', now)
end
return {'new', digits(report.id), report.state}
