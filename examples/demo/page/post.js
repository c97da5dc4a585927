/** Asks the shop to do something. Returns its result, or the problem that it reports. */
export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) return { problem: plain(text) || String(response.status) };
    return { result: text ? JSON.parse(text) : null };
  } catch {
    return { problem: 'the shop does not respond' };
  }
}

/** Without what only a developer needs. */
function plain(text) {
  return text.replace(/^Failed to .*? target type: (\w+: )?/, '').replace(/ at line \d+ column \d+$/, '');
}

/** The second click of a double click must not hit what the first one has made appear. */
export function aMoment() {
  return new Promise((resume) => setTimeout(resume, 500));
}
