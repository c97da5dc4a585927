-- An open conflict's fields, or nothing.
local own = state(fingerprint)
if not get('received', fingerprint) or (own ~= IN_FLIGHT and own ~= CONFLICT) then
    return {}
end
return {
    redis.call('HGET', hash, 'project'),
    redis.call('HGET', hash, 'invoice'),
    redis.call('HGET', hash, 'status'),
    get('amount', fingerprint),
    get('currency', fingerprint),
    get('order', fingerprint),
    get('received', fingerprint),
}
