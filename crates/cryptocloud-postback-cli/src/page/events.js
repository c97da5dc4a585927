import { $ } from './dom.js';

/**
 * Calls a function with each event of a stream, and shows in `#live` whether it is connected.
 *
 * A browser keeps few connections to a server, so a hidden page has none unless it says otherwise.
 */
export function listen(path, apply, { whileHidden = false } = {}) {
  let source = null;
  const connect = () => {
    if (document.hidden && !whileHidden) {
      source?.close();
      source = null;
      return;
    }
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource(path);
    source.addEventListener('open', () => live(true));
    source.addEventListener('message', apply);
    source.addEventListener('error', () => {
      live(false);
      // The browser reconnects by itself, unless it gave up.
      if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
    });
  };
  document.addEventListener('visibilitychange', connect);
  connect();
}

/** Shows whether the server responds. */
export function live(isOn) {
  const text = isOn ? 'Live' : 'Disconnected, trying again';
  if ($('live').textContent !== text) $('live').textContent = text;
  $('live').classList.toggle('on', isOn);
}
