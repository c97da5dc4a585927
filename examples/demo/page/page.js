// Shows the shop's state, and asks for it again when `/events` says that something has changed.

import { delivery } from './deliveries.js';
import { $, OUTCOMES, make, sentence } from './dom.js';
import { held } from './held.js';
import { fill } from './list.js';
import { order } from './orders.js';
import { aMoment, post } from './post.js';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
let state = null;

function show(next) {
  const before = state;
  state = next;
  if (!before) begin();
  const orderOf = new Map(next.orders.map((order) => [order.invoice_id, order.id]));
  const price = new Map(next.orders.map((order) => [order.id, order.amount]));
  const last = new Map();
  for (const item of next.deliveries) {
    // Of a refused postback only the invoice is kept.
    const id = item.order_id ?? orderOf.get(item.invoice_id);
    if (id !== undefined && !last.has(id)) last.set(id, item);
  }
  const orders = next.orders.map((order) => ({ order, last: last.get(order.id) ?? null }));
  fill($('orders'), orders, 30, (item) => item.order.id, (item) => order(item, next.checks));
  fill($('deliveries'), next.deliveries, 10, (item) => item.number, (item) => delivery(item, next.checks));
  const waiting = next.held.map((item) => {
    const own = orderOf.get(item.invoice_id) ?? null;
    return { ...item, own, price: price.get(own ?? item.order_id) ?? null };
  });
  fill($('held'), waiting.sort((one, other) => other.id - one.id), 3, (item) => item.id, held);
  $('orders-count').textContent = next.orders.length || '';
  $('deliveries-count').textContent = next.deliveries.length || '';
  $('held-count').textContent = waiting.length || '';
  $('held-section').hidden = waiting.length === 0;
  $('orders-empty').hidden = next.orders.length > 0;
  $('deliveries-empty').hidden = next.deliveries.length > 0;
  if (before) announce(before, next);
}

/** What does not change while the server runs. */
function begin() {
  const chosen = $('currency').value;
  const options = state.currencies.map((code) => make('option', { selected: code === chosen }, code));
  $('currency').replaceChildren(...options);
}

/** Tells a screen reader what changes on the screen. */
function announce(before, next) {
  const known = before.deliveries[0]?.number ?? 0;
  const newest = next.deliveries[0];
  if (!newest || newest.number <= known) return;
  const [, , word] = OUTCOMES[newest.outcome] ?? [];
  const about = newest.order_id === null ? '' : ` Order ${newest.order_id}.`;
  $('news').textContent = `${word}.${about} ${sentence(newest.reason)}`;
}

let isLoading = false;
let isStale = false;
let retry = 0;

async function refresh() {
  isStale = true;
  if (isLoading) return;
  isLoading = true;
  while (isStale) {
    isStale = false;
    try {
      const [page, orders, held] = await Promise.all(['/page.json', '/orders', '/held'].map(get));
      show({ ...page, orders, held });
      live(true);
    } catch {
      live(false);
      // An event follows if the server was down, but not if its database was.
      clearTimeout(retry);
      retry = setTimeout(refresh, 2000);
    }
  }
  isLoading = false;
}

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

function live(isOn) {
  const text = isOn ? 'Live' : 'Connecting';
  if ($('live').textContent !== text) $('live').textContent = text;
  $('live').classList.toggle('on', isOn);
}

let events = null;

/** A browser keeps few connections to a server, so a hidden page has none. */
function connect() {
  if (document.hidden) {
    events?.close();
    events = null;
    return;
  }
  if (events && events.readyState !== EventSource.CLOSED) return;
  events = new EventSource('/events');
  events.addEventListener('change', refresh);
  events.addEventListener('error', () => {
    live(false);
    if (events?.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
}

$('new').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { amount, currency, id } = Object.fromEntries(new FormData($('new')));
  // The vendor's API returns the invoice id when a shop creates the invoice of an order.
  const order = { id: id || `A-${random(6)}`, invoice_id: random(8), amount: amount.trim(), currency };
  const button = $('new').querySelector('button');
  if (button.getAttribute('aria-disabled')) return;
  button.setAttribute('aria-disabled', 'true');
  const pause = aMoment();
  const { result, problem } = await post('/orders', order);
  await pause;
  button.removeAttribute('aria-disabled');
  $('new-problem').textContent = problem ? sentence(problem) : '';
  if (result) {
    $('id').value = '';
    $('news').textContent = `Order ${result.id} is created.`;
  }
});

function random(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join('');
}

document.addEventListener('visibilitychange', connect);
connect();
