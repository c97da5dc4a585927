-- One page of the log, since settled reports have no index of their own. The client asks for the
-- next page, so that one call never keeps the server busy for long.
local records = {}
local after = arg.after
local entries = redis.call(
    'XRANGE', key('log'), digits(tonumber(after) + 1), '+', 'COUNT', arg.page)
for _, entry in ipairs(entries) do
    if #records >= number_of('limit') then
        return {'ok', records, after}
    end
    after = string.match(entry[1], '^%d+')
    local doc = load(entry[2][2])
    local report = report_in(doc, tonumber(after))
    if report and report.state == arg.state then
        records[#records + 1] = record(doc, report)
    end
end
return {'ok', records, #entries > 0 and after or false}
