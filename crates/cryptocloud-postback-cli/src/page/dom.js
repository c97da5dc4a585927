// Pieces of a page. An attacker can write what arrives, so it enters the page only as text.

export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; those that are null, undefined or false are left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (isSet(value)) element.setAttribute(key, value === true ? '' : value);
  }
  const shown = children.flat(2).filter(isSet);
  element.append(...shown.flatMap((child) => (child instanceof Node ? child : visible(String(child)))));
  return element;
}

const isSet = (value) => value !== null && value !== undefined && value !== false;

// Control characters, bidirectional marks and zero-width characters.
const INVISIBLE = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb])/u;

/** Text nodes, with a mark in place of each invisible or bidirectional character. */
function visible(text) {
  return text.split(INVISIBLE).filter(Boolean).map((part) => {
    if (!INVISIBLE.test(part)) return document.createTextNode(part);
    const code = part.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    return make('span', { class: 'escaped' }, `U+${code}`);
  });
}

export const isolated = (text) => make('bdi', { class: 'id' }, text);

/** Text for screen readers alone. */
export const unseen = (text) => make('span', { class: 'unseen' }, text);

/** A time, from milliseconds since 1970 or RFC 3339; without the date if that is today. */
export function time(value) {
  const date = new Date(value);
  if (Number.isNaN(date.valueOf())) return make('span', { class: 'when' }, 'no time');
  const style = { timeStyle: 'medium' };
  if (date.toDateString() !== new Date().toDateString()) style.dateStyle = 'medium';
  const shown = new Intl.DateTimeFormat('en-GB', style).format(date);
  return make('time', { class: 'when', datetime: date.toISOString(), title: date.toString() }, shown);
}

/** A state as color, sign and word, so that color is never its only sign. */
export function mark([kind, sign, word]) {
  return make('span', { class: `mark ${kind}` }, make('span', { 'aria-hidden': 'true' }, sign), word);
}

export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) + '.' : '';
}

/** A row of a definition list. */
export function row(name, ...value) {
  return [make('dt', {}, name), make('dd', {}, ...value)];
}

/** A table of names and values. */
export function table(caption, rows) {
  const body = rows.map(([name, ...value]) => make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, ...value)));
  return make('table', {}, make('caption', {}, caption), make('tbody', {}, body));
}

/** A button that copies a text, or selects an element if the browser does not allow copying. */
export function copyButton(what, text, element) {
  const copy = async (event) => {
    const name = event.currentTarget.firstChild;
    try {
      await navigator.clipboard.writeText(await text());
      name.textContent = 'Copied';
      setTimeout(() => { name.textContent = 'Copy'; }, 2000);
    } catch {
      getSelection().selectAllChildren(element());
    }
  };
  return make('button', { type: 'button', click: copy }, make('span', {}, 'Copy'), what);
}
