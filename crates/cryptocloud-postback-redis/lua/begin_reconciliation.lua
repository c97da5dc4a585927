local turn = redis.call(
    'HMGET', key('meta'), 'reconciles_from', 'reconcile_due', 'reconcile_fence', 'reconcile_cursor')
local from, due, fence, cursor = turn[1], tonumber(turn[2]) or 0, tonumber(turn[3]), turn[4]
if due > now and not arg.now then
    return {'none'}
end
from = from or digits(math.floor(now / 1000000))
fence = digits(fence and fence + 1 or number_of('fence'))
redis.call('HSET', key('meta'), 'reconciles_from', from, 'reconcile_fence', fence,
    'reconcile_due', digits(now + number_of('lease')))
return {'ok', from, fence, cursor}
