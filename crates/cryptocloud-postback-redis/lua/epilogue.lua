end

local result = event()
return {is_lost and 1 or 0, epoch, redis.call('HGET', key('meta'), 'last') or '0', result}
