-- Reports in a state that is not final, which has an index.
local records = {}
local ids = redis.call(
    'ZRANGEBYSCORE', key(arg.state), '(' .. arg.after, '+inf', 'LIMIT', 0, arg.limit)
for _, id in ipairs(ids) do
    local doc, report = find(tonumber(id))
    if report then
        records[#records + 1] = record(doc, report)
    end
end
return {'ok', records}
