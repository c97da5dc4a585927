local owner, lease = ARGV[4], ARGV[5]

local own, leader = state(fingerprint), lead()
if not own or own == FREE or own == DISCARDED then
    return {'not_found', 0}
end
if own == DONE then
    return {'done', 0}
end
if own == IN_FLIGHT then
    return take_over(owner, lease)
end
if not leader then
    return acquire(true, owner, lease)
end
-- Both are processed then, by the operator's will.
if state(leader) == DONE then
    return acquire(false, owner, lease)
end
if left(leader) > 0 then
    return {'in_flight', left(leader)}
end
-- Its worker died. Should it be reported again, it conflicts with the accepted one.
change(leader, FREE)
return acquire(true, owner, lease)
