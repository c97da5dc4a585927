/** Asks the server to change something. Returns its result, or the problem that it reports. */
export async function call(method, path, body) {
  try {
    const response = await fetch(path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) return { problem: plain(text) || String(response.status) };
    return { result: text ? JSON.parse(text) : null };
  } catch {
    return { problem: 'the server does not respond' };
  }
}

/** The problem alone, without what only a developer needs. */
function plain(text) {
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text.replace(/^Failed to .*? target type: (\w+: )?/, '').replace(/ at line \d+ column \d+$/, '');
  }
}

/** The second click of a double click must not hit what the first one has made appear. */
export function aMoment() {
  return new Promise((resume) => setTimeout(resume, 500));
}
