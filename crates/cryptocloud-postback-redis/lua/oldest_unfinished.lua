local oldest
for _, state in ipairs({'received', 'running', 'failed'}) do
    local id = tonumber(redis.call('ZRANGE', key(state), 0, 0)[1])
    if id and (not oldest or id < oldest) then
        oldest = id
    end
end
-- An id is the time of arrival.
return {'ok', oldest and digits(math.max(now - oldest, 0)) or false}
