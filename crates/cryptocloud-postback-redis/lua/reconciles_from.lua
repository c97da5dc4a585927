redis.call('HSETNX', key('meta'), 'reconciles_from', digits(math.floor(now / 1000000)))
return {'ok', redis.call('HGET', key('meta'), 'reconciles_from')}
