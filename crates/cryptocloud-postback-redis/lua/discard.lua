if state(fingerprint) ~= CONFLICT then
    return {'not_found', 0}
end
change(fingerprint, DISCARDED)
return {'ok', 0}
