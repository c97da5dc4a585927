-- Comes before every script; `epilogue.lua` comes after it.
--
-- KEYS[1] is what all keys of the project begin with. Its hash tag puts them on one node of a
-- cluster. ARGV has names and values in turn.
--
-- <identity>  string   all reports of one payment, packed by MessagePack: `i:` and the invoice, or
--                      `t:`, the digest of the transactions in 64 hexadecimal digits, `:` and the
--                      invoice
-- info:<id>   string   the `invoice_info` of a report
-- x:<invoice> set      the identities of an invoice that have transactions
-- received, running, failed, held, conflict
--             zset     ids by id: the reports in this state
-- due         zset     ids by time: when to claim a report
-- ready       zset     identities by the id of their oldest conflict, if nothing blocks
-- log         stream   identities by the id of a report
-- settled     stream   identities by the time when a report was done or discarded
-- purged      stream   the same, once its fields are cleared
-- meta        hash     epoch, the last id, the last time of a settle, and of reconciliation the start,
--                      when the next turn is due, the fence of the last one and its cursor
--
-- Times are microseconds since 1970 by the server's clock. Lua's numbers are exact up to 2^53.
local arg = {}
for at = 1, #ARGV, 2 do
    arg[ARGV[at]] = ARGV[at + 1]
end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local STATES = {'received', 'running', 'failed', 'done', 'held', 'conflict', 'discarded'}
local BLOCKS = {received = true, running = true, failed = true, done = true}
local FINAL = {done = true, discarded = true}

-- The order in which a report is packed. What a settled report has comes first, since trailing
-- fields that are missing take no space.
local FIELDS = {
    'id', 'state', 'fingerprint', 'settled_at', 'attempts', 'source', 'amount', 'currency', 'order_id',
    'traceparent', 'tracestate', 'accepted_amount', 'accepted_order_id', 'hold', 'reason', 'error', 'history', 'due_at', 'fence', 'failing_since',
    'reopened_at',
}

local function key(name)
    return KEYS[1] .. name
end

-- Lua itself would write a large number with an exponent.
local function digits(number)
    return string.format('%.0f', number)
end

local function number_of(name)
    return tonumber(arg[name])
end

-- Now, or later than the last time if the clock was set back: these numbers never repeat.
local function tick(name)
    local last = tonumber(redis.call('HGET', key('meta'), name)) or 0
    local next = math.max(now, last + 1)
    redis.call('HSET', key('meta'), name, digits(next))
    return next
end

local function pack(doc)
    local rows = {}
    for index, report in ipairs(doc) do
        local row = {}
        for at, name in ipairs(FIELDS) do
            if report[name] ~= nil then
                for gap = #row + 1, at - 1 do
                    row[gap] = false
                end
                row[at] = report[name]
            end
        end
        rows[index] = row
    end
    return cmsgpack.pack(rows)
end

local function unpack_report(row)
    local report = {}
    for at, name in ipairs(FIELDS) do
        local value = row[at]
        if value ~= false then
            report[name] = value
        end
    end
    return report
end

-- All reports of an identity; without any if it has none.
local function load(identity)
    local doc = {identity = identity}
    local packed = redis.call('GET', key(identity))
    if not packed then
        return doc
    end
    local is_read, rows = pcall(cmsgpack.unpack, packed)
    if not is_read or type(rows) ~= 'table' then
        error({err = 'CORRUPT reports of an identity cannot be read'})
    end
    for index, row in ipairs(rows) do
        doc[index] = unpack_report(row)
    end
    return doc
end

local function is_blocked(doc, except)
    for _, report in ipairs(doc) do
        if report ~= except and BLOCKS[report.state] then
            return true
        end
    end
    return false
end

-- Settled payments expire, and open ones never do.
local function expire(doc)
    local newest = 0
    for _, report in ipairs(doc) do
        if not FINAL[report.state] then
            return
        end
        newest = math.max(newest, report.settled_at)
    end
    local at = digits(math.floor((newest + number_of('expire_after')) / 1000))
    redis.call('PEXPIREAT', key(doc.identity), at)
    for _, report in ipairs(doc) do
        redis.call('PEXPIREAT', key('info:' .. digits(report.id)), at)
    end
end

local function save(doc)
    if #doc == 0 then
        redis.call('DEL', key(doc.identity))
    else
        redis.call('SET', key(doc.identity), pack(doc))
        expire(doc)
    end

    local oldest
    for _, report in ipairs(doc) do
        if report.state == 'conflict' and (not oldest or report.id < oldest) then
            oldest = report.id
        end
    end
    if oldest and not is_blocked(doc) then
        redis.call('ZADD', key('ready'), digits(oldest), doc.identity)
    else
        redis.call('ZREM', key('ready'), doc.identity)
    end
end

-- Every change of a state goes through here, so that the indexes agree with it.
local function change(doc, report, to, due_at)
    local id = digits(report.id)
    if report.state then
        redis.call('ZREM', key(report.state), id)
    end
    report.state, report.due_at = to, due_at
    if due_at then
        redis.call('ZADD', key('due'), digits(due_at), id)
    else
        redis.call('ZREM', key('due'), id)
    end
    if FINAL[to] then
        report.fence, report.failing_since, report.reopened_at = nil, nil, nil
        report.settled_at = tick('settled')
        redis.call('XADD', key('settled'), digits(report.settled_at) .. '-0', 'i', doc.identity)
    else
        redis.call('ZADD', key(to), id, id)
    end
    save(doc)
end

-- Adds a report with the given fields. The caller gives it a state.
local function add(doc, source)
    local report = {
        id = tick('last'), attempts = 0, fence = number_of('fence'), source = source,
        fingerprint = arg.fingerprint, amount = arg.amount, currency = arg.currency,
        order_id = arg.order_id, traceparent = arg.traceparent, tracestate = arg.tracestate,
    }
    doc[#doc + 1] = report
    local id = digits(report.id)
    redis.call('XADD', key('log'), id .. '-0', 'i', doc.identity)
    if arg.invoice_info then
        redis.call('SET', key('info:' .. id), arg.invoice_info)
    end
    if arg.invoice_index then
        redis.call('SADD', key(arg.invoice_index), doc.identity)
    end
    return report
end

local function report_in(doc, id)
    for index, report in ipairs(doc) do
        if report.id == id then
            return report, index
        end
    end
end

-- Finds a report by its id.
local function find(id)
    if id < 0 then
        return
    end
    local entry = redis.call('XRANGE', key('log'), digits(id), digits(id))[1]
    if entry then
        local doc = load(entry[2][2])
        return doc, report_in(doc, id)
    end
end

-- The report of a claim, if the caller still holds it.
local function claimed()
    local doc = load(arg.identity)
    local report = report_in(doc, number_of('id'))
    if report and report.state == 'running' and report.fence == number_of('fence') then
        return doc, report
    end
end

-- An operator's decision, for the history.
local function decide(report, event)
    local history = report.history or {}
    history[#history + 1] = {
        now, arg.by, arg.note or false, event, report.state, arg.amount or false,
        arg.order_id or false,
    }
    report.history = history
end

-- The operator, reconciliation or a promotion starts over.
local function restart(doc, report)
    report.attempts, report.failing_since, report.reopened_at = 0, nil, now
    change(doc, report, 'received', now)
end

-- Names and values in turn, as the client reads them.
local function record(doc, report)
    -- An id is the time of arrival.
    local age = math.max(now - (report.reopened_at or report.id), 0)
    local flat = {'identity', doc.identity, 'age', digits(age)}
    for _, name in ipairs(FIELDS) do
        local value = report[name]
        if value ~= nil and name ~= 'history' then
            flat[#flat + 1] = name
            flat[#flat + 1] = type(value) == 'number' and digits(value) or value
        end
    end
    local info = redis.call('GET', key('info:' .. digits(report.id)))
    if info then
        flat[#flat + 1] = 'invoice_info'
        flat[#flat + 1] = info
    end
    return flat
end

-- A server that has lost its data has another epoch, or none; one that has gone back to an older
-- snapshot has a last id below one that the client has seen.
local meta = redis.call('HMGET', key('meta'), 'epoch', 'last')
local epoch, last = meta[1], tonumber(meta[2]) or 0
local is_lost = arg.epoch and (epoch ~= arg.epoch or last < number_of('seen'))
if not epoch then
    epoch = arg.new_epoch
    redis.call('HSET', key('meta'), 'epoch', epoch)
end

local function event()
