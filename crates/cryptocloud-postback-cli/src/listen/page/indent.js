/**
 * Indents JSON, and keeps numbers, duplicate names and escapes as they were sent.
 *
 * Null if it is no object or array, or nested so deeply that the indentation would outgrow it.
 */
export function indented(json) {
  try {
    const value = JSON.parse(json);
    if (value === null || typeof value !== 'object') return null;
  } catch {
    return null;
  }
  let text = '';
  let depth = 0;
  let before = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of json.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const closes = token === '}' || token === ']';
    const isFirst = before === '{' || before === '[';
    if (isFirst && !closes) depth += 1;
    if (closes && !isFirst) depth -= 1;
    if (depth > MAX_DEPTH) return null;
    if (before === ',' || isFirst !== closes) text += line();
    text += token === ':' ? ': ' : token;
    before = token;
  }
  return text;
}

/** The limit of the receivers. */
const MAX_DEPTH = 32;
