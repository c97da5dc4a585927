local _, report = find(number_of('id'))
local rows = {}
for index, row in ipairs(report and report.history or {}) do
    row[1] = digits(row[1])
    rows[index] = row
end
return {'ok', rows}
