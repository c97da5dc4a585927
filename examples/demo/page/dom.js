// Pieces of the page. What comes from outside becomes text, never markup.

export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; null and false are left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== null && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

export const isolated = (text) => make('bdi', { class: 'id' }, text);

export function time(text) {
  const date = new Date(text);
  const style = { timeStyle: 'medium' };
  if (date.toDateString() !== new Date().toDateString()) style.dateStyle = 'medium';
  const shown = new Intl.DateTimeFormat('en-GB', style).format(date);
  return make('time', { class: 'when', datetime: date.toISOString(), title: date.toString() }, shown);
}

// Words and marks, so that color is never the only sign of a state.
export const OUTCOMES = {
  paid: ['good', '✓', 'Paid'],
  duplicate: ['quiet', '=', 'Known already'],
  held: ['warn', '!', 'Held for review'],
  conflict: ['warn', '≠', 'Conflict'],
  failed: ['warn', '↻', 'Failed, will be retried'],
  pending: ['warn', '…', 'Not finished'],
  dismissed: ['quiet', '–', 'Dismissed'],
  refused: ['bad', '✕', 'Refused'],
};

export function mark([kind, sign, word]) {
  return make('span', { class: `mark ${kind}` }, make('span', { 'aria-hidden': 'true' }, sign), word);
}

export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) + '.' : '';
}

export const formatName = (format) => ({ form: 'a form', json: 'JSON' })[format] ?? 'neither JSON nor a form';

// A row of a definition list
export function row(name, ...value) {
  return [make('dt', {}, name), make('dd', {}, ...value)];
}
