if state(fingerprint) ~= IN_FLIGHT or not is_of(ARGV[4], ARGV[5]) then
    return {'stale', 0}
end
set('until', fingerprint, now + tonumber(ARGV[6]))
return {'ok', 0}
