import { $ } from './dom.js';

/**
 * Calls `load` at once and after each event of a stream, one call at a time, and shows in `#live` whether
 * the server responds.
 *
 * A browser keeps few connections to a server, so a hidden page has none unless it says otherwise.
 */
export function listen(path, load, { whileHidden = false } = {}) {
  let [isLoading, isStale, retry, source] = [false, false, 0, null];
  const refresh = async () => {
    isStale = true;
    if (isLoading) return;
    isLoading = true;
    while (isStale) {
      isStale = false;
      try {
        await load();
        live(true);
      } catch {
        live(false);
        // An event follows if the server was down, but not if its database was.
        clearTimeout(retry);
        retry = setTimeout(refresh, 2000);
      }
    }
    isLoading = false;
  };
  const connect = () => {
    if (document.hidden && !whileHidden) {
      source?.close();
      source = null;
      return;
    }
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource(path);
    source.addEventListener('message', refresh);
    source.addEventListener('error', () => {
      live(false);
      // The browser reconnects by itself, unless it gave up.
      if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
    });
  };
  document.addEventListener('visibilitychange', connect);
  connect();
}

/** Fetches JSON. */
export async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function live(isOn) {
  const text = isOn ? 'Live' : 'Disconnected, trying again';
  if ($('live').textContent !== text) $('live').textContent = text;
  $('live').classList.toggle('on', isOn);
}
