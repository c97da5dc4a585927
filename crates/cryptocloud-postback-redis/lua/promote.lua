local promoted = {}
local ready = redis.call('ZRANGE', key('ready'), 0, number_of('limit') - 1, 'WITHSCORES')
for at = 1, #ready, 2 do
    local identity, id = ready[at], ready[at + 1]
    local is_read, doc, report = pcall(function()
        local doc = load(identity)
        return doc, report_in(doc, tonumber(id))
    end)
    if not is_read or not report then
        -- Changed by hand. It must not stop the others.
        redis.call('ZREM', key('ready'), identity)
    else
        restart(doc, report)
        promoted[#promoted + 1] = digits(report.id)
    end
end
return {'ok', promoted}
