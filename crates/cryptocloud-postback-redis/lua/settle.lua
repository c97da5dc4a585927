local doc, report = claimed()
if not doc then
    return {'refused', 'stale'}
end
if not arg.keep_invoice_info then
    redis.call('DEL', key('info:' .. digits(report.id)))
end
change(doc, report, 'done')
return {'ok'}
