local counts = {'ok'}
for _, state in ipairs({'received', 'running', 'failed', 'held', 'conflict'}) do
    counts[#counts + 1] = redis.call('ZCARD', key(state))
end
return counts
