-- One hash holds all reports of one key; its fields are `name:fingerprint`, and a few for all of them.
-- KEYS[1] is that hash; ARGV begins with the prefix, the key's digest and the fingerprint.
local hash = KEYS[1]
local prefix, key, fingerprint = ARGV[1], ARGV[2], ARGV[3]
local FREE, IN_FLIGHT, DONE, CONFLICT, DISCARDED = 0, 1, 2, 3, 4

-- Milliseconds since 1970, by the server's clock.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function get(name, of)
    return redis.call('HGET', hash, name .. ':' .. of)
end

local function set(name, of, value)
    redis.call('HSET', hash, name .. ':' .. of, value)
end

local function state(of)
    return tonumber(get('state', of) or nil)
end

-- How much longer the lease runs.
local function left(of)
    return math.max((tonumber(get('until', of) or nil) or 0) - now, 0)
end

local function lead()
    return redis.call('HGET', hash, 'lead')
end

local function index(name)
    return prefix .. name .. ':' .. redis.call('HGET', hash, 'project')
end

-- Every change of a state goes through here, so that the two indexes of a project agree with it.
local function change(of, to)
    local id = key .. '-' .. of
    set('state', of, to)
    if to == IN_FLIGHT or to == CONFLICT then
        redis.call('ZREM', index('settled'), id)
    else
        redis.call('ZADD', index('settled'), now, id)
    end
    if get('received', of) and (to == IN_FLIGHT or to == CONFLICT) then
        redis.call('ZADD', index('open'), 0, id)
    else
        redis.call('ZREM', index('open'), id)
    end
end

local function acquire(is_lead, owner, lease)
    local fence = redis.call('HINCRBY', hash, 'fence', 1)
    if is_lead then
        redis.call('HSET', hash, 'lead', fingerprint)
    end
    set('fence', fingerprint, fence)
    set('owner', fingerprint, owner)
    set('until', fingerprint, now + tonumber(lease))
    change(fingerprint, IN_FLIGHT)
    return {'acquired', fence}
end

local function take_over(owner, lease)
    local rest = left(fingerprint)
    if rest > 0 then
        return {'in_flight', rest}
    end
    return acquire(lead() == fingerprint, owner, lease)
end

local function is_of(owner, fence)
    return get('owner', fingerprint) == owner and get('fence', fingerprint) == fence
end

-- Calls a function with each fingerprint and its state.
local function each_state(run)
    local fields = redis.call('HGETALL', hash)
    for at = 1, #fields, 2 do
        local of = string.match(fields[at], '^state:(.*)$')
        if of then
            run(of, tonumber(fields[at + 1]))
        end
    end
end

-- Of what is free, which is never the lead.
local function forget(of)
    for _, name in ipairs({'state', 'fence', 'owner', 'until', 'received', 'amount', 'currency', 'order'}) do
        redis.call('HDEL', hash, name .. ':' .. of)
    end
    redis.call('ZREM', index('settled'), key .. '-' .. of)
end
