local limit = number_of('limit')
local is_forgetting = arg.forget ~= nil

local function index_of(identity)
    -- `t:`, 64 digits, `:` and the invoice.
    if string.sub(identity, 1, 2) == 't:' then
        return key('x:' .. string.sub(identity, 68))
    end
end

local function drop_identity(identity)
    local index = index_of(identity)
    if index then
        redis.call('SREM', index, identity)
    end
end

-- What has expired leaves its entries behind.
for _, stream in ipairs({'log', 'settled', 'purged'}) do
    for _, entry in ipairs(redis.call('XRANGE', key(stream), '-', '+', 'COUNT', limit)) do
        local identity = entry[2][2]
        if redis.call('EXISTS', key(identity)) == 0 then
            redis.call('XDEL', key(stream), entry[1])
            drop_identity(identity)
        end
    end
end

local function purge(doc, report, index, entry)
    redis.call('DEL', key('info:' .. digits(report.id)))
    if is_forgetting then
        table.remove(doc, index)
        redis.call('XDEL', key('log'), digits(report.id) .. '-0')
        if #doc == 0 then
            drop_identity(doc.identity)
        end
    else
        for _, name in ipairs({
            'amount', 'currency', 'order_id', 'traceparent', 'tracestate', 'hold', 'reason', 'error',
        }) do
            report[name] = nil
        end
        redis.call('XADD', key('purged'), entry[1], 'i', doc.identity)
    end
    save(doc)
end

local changed = 0
for _, stream in ipairs(is_forgetting and {'purged', 'settled'} or {'settled'}) do
    local last = digits(math.max(now - number_of('age'), 0))
    local entries = {}
    if limit > changed then
        entries = redis.call('XRANGE', key(stream), '-', last, 'COUNT', limit - changed)
    end
    for _, entry in ipairs(entries) do
        local at = tonumber(string.match(entry[1], '^%d+'))
        local is_read, doc = pcall(load, entry[2][2])
        redis.call('XDEL', key(stream), entry[1])
        for index, report in ipairs(is_read and doc or {}) do
            if report.settled_at == at then
                purge(doc, report, index, entry)
                changed = changed + 1
                break
            end
        end
    end
end
return {'ok', changed}
