// Shows what `/page.json` says, and asks again whenever `/events` says that something has changed.

import { delivery, person } from './deliveries.js';
import { $, OUTCOMES, make, sentence } from './dom.js';
import { fill } from './list.js';
import { order } from './orders.js';
import { aMoment, post } from './post.js';

let state = null;

function show(next) {
  const before = state;
  state = next;
  if (before?.simulator !== next.simulator) begin();
  const last = new Map();
  for (const item of next.deliveries) {
    if (item.order_id !== null && !last.has(item.order_id)) last.set(item.order_id, item);
  }
  const orders = next.orders.map((order) => {
    return { order, last: last.get(order.id) ?? null, isDemo: next.simulator };
  });
  fill($('orders'), orders, 30, (item) => item.order.id, (item) => order(item, next.checks));
  fill($('deliveries'), next.deliveries, 10, (item) => item.number, (item) => delivery(item, next.checks));
  const conflicts = next.conflicts.map((item) => ({ ...item, received_at: item.received_at * 1000 }));
  const persons = [...next.unsettled, ...conflicts].sort(
    (one, other) => new Date(other.received_at) - new Date(one.received_at),
  );
  fill($('persons'), persons, 3, (item) => JSON.stringify(item), person);
  $('orders-count').textContent = next.orders.length || '';
  $('deliveries-count').textContent = next.deliveries.length || '';
  $('person-count').textContent = persons.length || '';
  $('person').hidden = persons.length === 0;
  $('orders-empty').hidden = next.orders.length > 0;
  $('deliveries-empty').hidden = next.deliveries.length > 0;
  if (before) announce(before, next);
}

/** What does not change while the server runs. */
function begin() {
  const chosen = $('currency').value;
  const options = state.currencies.map((code) => make('option', { selected: code === chosen }, code));
  $('currency').replaceChildren(...options);
  $('format').hidden = !state.simulator;
  $('mode').textContent = state.simulator
    ? 'Create an order and simulate its payment: a signed postback goes to this shop over HTTP, as the vendor sends it. Then try what it refuses.'
    : 'A real secret is set, so the simulator is off: orders turn to paid when the vendor’s postback comes.';
}

/** Tells a screen reader what somebody else sees change. */
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
      const response = await fetch('/page.json');
      if (!response.ok) throw new Error(String(response.status));
      show(await response.json());
      live(true);
    } catch {
      live(false);
      // The events bring the page back where the server was away, but not where its database was.
      clearTimeout(retry);
      retry = setTimeout(refresh, 2000);
    }
  }
  isLoading = false;
}

function live(isOn) {
  const text = isOn ? 'Live' : 'Connecting';
  if ($('live').textContent !== text) $('live').textContent = text;
  $('live').classList.toggle('on', isOn);
}

let events = null;

/** A browser keeps few connections to a server, so a page that nobody sees has none. */
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
  const order = { amount: amount.trim(), currency };
  if (id) order.id = id;
  const button = $('new').querySelector('button');
  if (button.getAttribute('aria-disabled')) return;
  button.setAttribute('aria-disabled', 'true');
  const pause = aMoment();
  const { answer, problem } = await post('/orders', order);
  await pause;
  button.removeAttribute('aria-disabled');
  $('new-problem').textContent = problem ? sentence(problem) : '';
  if (answer) {
    $('id').value = '';
    $('news').textContent = `Order ${answer.id} is created.`;
  }
});
document.addEventListener('visibilitychange', connect);
connect();
