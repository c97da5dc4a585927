// Shows the shop's state, and asks for it again when `/events` says that something has changed.

import { aMoment, call } from './call.js';
import { $, make, mark, sentence } from './dom.js';
import { item, summary, told } from './entries.js';
import { get, listen } from './events.js';
import { card as heldCard } from './held.js';
import { fill } from './list.js';
import { card as orderCard } from './orders.js';
import { path } from './path.js';
import { problem } from './problem.js';

// Without letters and digits that look alike.
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
let newest = null;

function show({ buttons, checks, entries, is_down, orders, held }) {
  const shown = entries.map((entry) => told(entry, buttons));
  const orderOf = new Map(orders.map((order) => [order.invoice_id, order.id]));
  const last = new Map();
  for (const entry of shown) {
    // The invoice decides: anyone can name an order.
    const id = orderOf.get(entry.invoice_id) ?? entry.order_id;
    if (!last.has(id)) last.set(id, entry);
  }
  const cards = orders.map((order, index) => ({ order, last: last.get(order.id) ?? null, isNewest: index === 0, buttons }));
  fill($('orders'), cards, 30, ({ order }) => order.id, orderCard);
  fill($('entries'), shown, 10, ({ number }) => number, (entry) => item(entry, checks));
  const waiting = held.map((one) => ({ ...one, own: orderOf.get(one.invoice_id) ?? null }));
  fill($('held'), waiting.sort((one, other) => other.id - one.id), 3, ({ id }) => id, heldCard);
  for (const [name, list] of Object.entries({ orders, entries, held })) {
    $(`${name}-count`).textContent = list.length || '';
  }
  $('held-section').hidden = held.length === 0;
  $('orders-empty').hidden = orders.length > 0;
  $('entries-empty').hidden = entries.length > 0;
  $('api').replaceChildren(mark(is_down ? ['warn', '✕', 'Down'] : ['good', '✓', 'Up']));
  $('outage').textContent = is_down ? 'Bring it back' : 'Take it down';
  $('outage').dataset.next = is_down ? 'up' : 'down';
  light(shown[0] ?? null);
}

/** Lights up the steps of the newest entry, and tells a screen reader about it. */
function light(entry) {
  if (entry && entry.number === newest) return;
  $('way').replaceChildren(path(entry, entry?.kind ?? '', true));
  if (entry) {
    $('verdict').replaceChildren(...make('div', {}, summary(entry, false), make('p', { class: 'hint' }, `By ${entry.by}.`)).children);
    if (newest !== null) $('news').textContent = `${entry.look[2]}. ${entry.order_id ? `Order ${entry.order_id}. ` : ''}${entry.why}`;
  }
  newest = entry?.number ?? 0;
}

$('new').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { amount, id } = Object.fromEntries(new FormData($('new')));
  const order = { id: id || `ORDER-${random(4)}`, amount: amount.trim(), currency: 'USD' };
  await once($('new').querySelector('button'), async () => {
    const done = await call('POST', '/orders', order);
    const text = sentence(done.problem);
    const field = /^(another order has this )?id\b/.test(done.problem) ? 'id' : /^amount\b/.test(done.problem) ? 'amount' : null;
    for (const name of ['amount', 'id']) {
      $(`${name}-problem`).textContent = field === name ? text : '';
      $(name).setAttribute('aria-invalid', String(field === name));
    }
    if (field) $(field).focus();
    problem(text && !field ? `Order ${order.id} is not ready: ${done.problem}.` : '');
    if (!done.result) return;
    $('id').value = '';
    $('news').textContent = `Order ${order.id} is created.`;
  });
});

$('outage').addEventListener('click', () => once($('outage'), async () => {
  const is_down = $('outage').dataset.next === 'down';
  const done = await call('POST', '/outage', { is_down });
  problem(done.problem && `Nothing has changed: ${done.problem}.`);
  $('news').textContent = is_down ? 'The API of the vendor is down.' : 'The API of the vendor is back.';
}));

/** Ignores a button until what it does has ended. */
async function once(button, act) {
  if (button.getAttribute('aria-disabled')) return;
  button.setAttribute('aria-disabled', 'true');
  const pause = aMoment();
  await act();
  await pause;
  button.removeAttribute('aria-disabled');
}

function random(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join('');
}

listen('/events', async () => {
  const [page, orders, held] = await Promise.all(['/page.json', '/orders', '/held'].map(get));
  show({ ...page, orders, held });
  if ($('problem').textContent.includes('does not respond')) problem('');
});
