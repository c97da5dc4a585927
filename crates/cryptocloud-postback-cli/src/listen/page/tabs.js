import { make } from './dom.js';

let chosen = null;

/** Tabs from names and functions that make the content; the last choice of the user is kept. */
export function tabs(label, entries) {
  const parts = entries.map(([name, content], index) => {
    const id = `tab-${index}`;
    const tab = make('button', { type: 'button', role: 'tab', id, 'aria-controls': `${id}-panel`, 'data-kind': id }, name);
    const panel = make('div', { role: 'tabpanel', id: `${id}-panel`, 'aria-labelledby': id }, content);
    tab.addEventListener('click', () => choose(name));
    return { name, panel, tab };
  });
  function choose(name) {
    chosen = name;
    const current = parts.find((part) => part.name === name) ?? parts[0];
    for (const part of parts) {
      part.tab.setAttribute('aria-selected', String(part === current));
      part.tab.tabIndex = part === current ? 0 : -1;
      part.panel.hidden = part !== current;
    }
    return current;
  }
  choose(chosen);
  const list = make('div', { role: 'tablist', 'aria-label': label }, parts.map(({ tab }) => tab));
  list.addEventListener('keydown', (event) => {
    const last = parts.length - 1;
    const at = parts.findIndex(({ tab }) => tab === event.target);
    const to = { ArrowLeft: at > 0 ? at - 1 : last, ArrowRight: at < last ? at + 1 : 0, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(parts[to].name).tab.focus();
  });
  return [list, ...parts.map(({ panel }) => panel)];
}
