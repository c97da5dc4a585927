-- KEYS[1] is the project's index of what is settled; ARGV is the prefix, the age and the limit.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]), 'LIMIT', 0, tonumber(ARGV[3]))
for _, id in ipairs(ids) do
    local key, fingerprint = string.match(id, '^(%x+)-(%x+)$')
    local hash = ARGV[1] .. 'claim:' .. key
    if redis.call('HGET', hash, 'lead') == fingerprint then
        redis.call('HDEL', hash, 'lead')
    end
    for _, name in ipairs({'state', 'fence', 'owner', 'until', 'received', 'amount', 'currency', 'order'}) do
        redis.call('HDEL', hash, name .. ':' .. fingerprint)
    end
    -- Project, invoice, status and the last fencing number are all that is left of it.
    if redis.call('HLEN', hash) <= 4 then
        redis.call('DEL', hash)
    end
    redis.call('ZREM', KEYS[1], id)
end
return #ids
