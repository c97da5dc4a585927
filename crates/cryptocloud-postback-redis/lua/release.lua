if state(fingerprint) ~= IN_FLIGHT or not is_of(ARGV[4], ARGV[5]) then
    return {'stale', 0}
end
if lead() == fingerprint then
    redis.call('HDEL', hash, 'lead')
end
if get('received', fingerprint) then
    change(fingerprint, CONFLICT)
else
    change(fingerprint, FREE)
end
each_state(function(of, other)
    if other == FREE and of ~= fingerprint then
        forget(of)
    end
end)
return {'ok', 0}
