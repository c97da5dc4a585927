if redis.call('HGET', key('meta'), 'reconcile_fence') ~= arg.fence then
    return {'refused', 'stale'}
end
redis.call('HSET', key('meta'), 'reconcile_due', digits(now + number_of('next')))
if arg.cursor then
    redis.call('HSET', key('meta'), 'reconcile_cursor', arg.cursor)
end
return {'ok'}
