local records = {}
local identities = redis.call('SMEMBERS', key(arg.invoice_index))
identities[#identities + 1] = arg.identity
for _, identity in ipairs(identities) do
    local doc = load(identity)
    for _, report in ipairs(doc) do
        records[#records + 1] = record(doc, report)
    end
end
return {'ok', records}
