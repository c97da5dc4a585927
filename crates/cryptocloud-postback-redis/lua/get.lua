local doc, report = find(number_of('id'))
if not report then
    return {'not_found'}
end
return {'ok', record(doc, report)}
