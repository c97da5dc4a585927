/** Asks the shop to do something: its answer, or why it did not. */
export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    return response.ok ? { answer } : { problem: answer.error ?? String(response.status) };
  } catch {
    return { problem: 'the shop does not answer' };
  }
}

/** The second click of a double click must not meet what the first one has brought. */
export function aMoment() {
  return new Promise((resume) => setTimeout(resume, 500));
}
