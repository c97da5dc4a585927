// Lists that keep the focus, open details and the scroll position when something else changes.

import { make } from './dom.js';

const open = new Set();
const refill = new Map();
/** What each element of a list was built from. */
const shown = new WeakMap();
const shownAll = new Set();

/** Shows the items of a list; `build` makes the element of one, again if its content has changed. */
export function fill(list, items, limit, keyOf, build) {
  const isFirst = !list.dataset.filled;
  list.dataset.filled = 'true';
  const before = new Map([...list.children].map((element) => [element.dataset.key, element]));
  const visible = shownAll.has(list.id) ? items : items.slice(0, limit);
  const elements = visible.map((item) => {
    const [key, text] = [String(keyOf(item)), JSON.stringify(item)];
    const old = before.get(key);
    if (old && shown.get(old) === text) return old;
    const element = build(item);
    element.dataset.key = key;
    shown.set(element, text);
    if (!isFirst && !old) element.classList.add('new');
    for (const details of element.querySelectorAll('details')) {
      const id = `${list.id}/${key}`;
      details.open = open.has(id);
      details.addEventListener('toggle', () => (details.open ? open.add(id) : open.delete(id)));
    }
    if (old) replace(old, element);
    return element;
  });
  // Only elements at a wrong place are moved, because moving takes the focus away.
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  while (list.children.length > elements.length) list.lastChild.remove();
  more(list, items.length - visible.length, () => fill(list, items, limit, keyOf, build));
}

/** The button for the rest of a long list, after the list. */
function more(list, count, again) {
  const there = list.nextElementSibling?.classList.contains('more') ? list.nextElementSibling : null;
  refill.set(list.id, again);
  if (count <= 0) return there?.remove();
  const text = `Show ${count} more`;
  if (there) {
    there.textContent = text;
    return;
  }
  const all = () => {
    const first = list.children.length;
    shownAll.add(list.id);
    refill.get(list.id)();
    list.children[first]?.querySelector('button, summary')?.focus();
  };
  list.after(make('button', { class: 'more', type: 'button', click: all }, text));
}

/** Moves the focus from the old element to the same place in the new one. */
function replace(old, element) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(element);
  if (!focused) return;
  const same = focused.dataset.kind && element.querySelector(`[data-kind="${focused.dataset.kind}"]`);
  const summary = focused.matches('summary') && element.querySelector('summary');
  (same || summary || element.querySelector('h3'))?.focus();
}
