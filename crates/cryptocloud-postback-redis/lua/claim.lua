local project, invoice, status, owner, lease = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local amount, currency, max_conflicts, order = ARGV[9], ARGV[10], tonumber(ARGV[11]), ARGV[12]

local own, is_led = state(fingerprint), lead()
if own == DONE then
    return {'done', 0}
end
if own == IN_FLIGHT then
    return take_over(owner, lease)
end
if own == DISCARDED or (own == CONFLICT and is_led) then
    return {'conflict', 0}
end
redis.call('HSET', hash, 'project', project, 'invoice', invoice, 'status', status)
if not is_led then
    return acquire(true, owner, lease)
end

local kept = 0
each_state(function(_, of)
    if of == CONFLICT or of == DISCARDED then
        kept = kept + 1
    end
end)
if kept >= max_conflicts then
    return {'full', 0}
end
set('received', fingerprint, math.floor(now / 1000))
set('amount', fingerprint, amount)
set('currency', fingerprint, currency)
-- None where the report has no order, which differs from an empty one.
if order then
    set('order', fingerprint, order)
end
change(fingerprint, CONFLICT)
return {'conflict', 0}
