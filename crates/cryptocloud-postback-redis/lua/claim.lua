local claims, used_up = {}, {}
local ids = redis.call('ZRANGEBYSCORE', key('due'), '-inf', digits(now), 'LIMIT', 0, arg.limit)
for _, id in ipairs(ids) do
    local is_read, doc, report = pcall(find, tonumber(id))
    if not is_read or not report then
        -- Changed by hand. It must not stop the others.
        redis.call('ZREM', key('due'), id)
    else
        local state, since = report.state, report.failing_since
        local is_tried = state == 'failed' or state == 'running'
        if is_tried and since and now - since >= number_of('retry_span') then
            report.hold, report.reason = arg.used_up, nil
            change(doc, report, 'held')
            used_up[#used_up + 1] = id
        else
            if state == 'running' and not since then
                report.failing_since = now
            end
            local lag = math.max(now - (report.due_at or now), 0)
            report.attempts = report.attempts + 1
            report.fence = report.fence + 1
            change(doc, report, 'running', now + number_of('lease'))
            local claim = record(doc, report)
            claim[#claim + 1] = 'lag'
            claim[#claim + 1] = digits(lag)
            claims[#claims + 1] = claim
        end
    end
end
return {'ok', claims, used_up}
