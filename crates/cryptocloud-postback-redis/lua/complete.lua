local own = state(fingerprint)
if (own == IN_FLIGHT or own == DONE) and is_of(ARGV[4], ARGV[5]) then
    change(fingerprint, DONE)
    return {'ok', 0}
end
return {'stale', 0}
