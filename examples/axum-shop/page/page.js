// Shows what `/page.json` says, and asks again whenever `/events` says that something has changed.
// Whatever comes from outside becomes text, never markup.

const $ = (id) => document.getElementById(id);

/** An element with attributes and children; null and false are left out. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== null && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

const isolated = (text) => make('bdi', { class: 'id' }, text);

function time(text) {
  const date = new Date(text);
  const style = { timeStyle: 'medium' };
  if (date.toDateString() !== new Date().toDateString()) style.dateStyle = 'medium';
  const shown = new Intl.DateTimeFormat('en-GB', style).format(date);
  return make('time', { class: 'when', datetime: date.toISOString(), title: date.toString() }, shown);
}

// Words and marks, so that no state is told by its colour alone.
const OUTCOMES = {
  paid: ['good', '✓', 'Paid'],
  duplicate: ['quiet', '=', 'Known already'],
  unsettled: ['warn', '!', 'Kept for a person'],
  conflict: ['warn', '≠', 'Conflict'],
  refused: ['bad', '✕', 'Refused'],
};

function mark([kind, sign, word]) {
  return make('span', { class: `mark ${kind}` }, make('span', { 'aria-hidden': 'true' }, sign), word);
}

function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) + '.' : '';
}

// A row of a definition list
function row(name, ...value) {
  return [make('dt', {}, name), make('dd', {}, ...value)];
}

// ---- Lists that keep what has not changed: focus, open details, place ----

const open = new Set();
const shownAll = new Set();

/** Shows the items of a list; `build` makes an element of one, once for each text of it. */
function fill(list, items, limit, keyOf, build) {
  const isFirst = !list.dataset.filled;
  list.dataset.filled = 'true';
  const before = new Map([...list.children].map((element) => [element.dataset.key, element]));
  const visible = shownAll.has(list.id) ? items : items.slice(0, limit);
  const elements = visible.map((item) => {
    const [key, text] = [String(keyOf(item)), JSON.stringify(item)];
    const old = before.get(key);
    if (old && old.dataset.text === text) return old;
    const element = build(item);
    Object.assign(element.dataset, { key, text });
    if (!isFirst && !old) element.classList.add('new');
    for (const details of element.querySelectorAll('details')) {
      const id = `${list.id}/${key}`;
      details.open = open.has(id);
      details.addEventListener('toggle', () => (details.open ? open.add(id) : open.delete(id)));
    }
    if (old) replace(old, element);
    return element;
  });
  // Only what is at a wrong place moves, since moving takes the focus away.
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  while (list.children.length > elements.length) list.lastChild.remove();
  more(list, items.length - visible.length);
}

/** The button for the rest of a long list, which follows it. */
function more(list, count) {
  const there = list.nextElementSibling?.classList.contains('more') ? list.nextElementSibling : null;
  if (count <= 0) return there?.remove();
  const all = () => {
    const count = list.children.length;
    shownAll.add(list.id);
    show(state);
    list.children[count]?.querySelector('button, summary')?.focus();
  };
  const button = make('button', { class: 'more', type: 'button', click: all }, `Show ${count} more`);
  if (there) there.firstChild.data = `Show ${count} more`;
  else list.after(button);
}

/** Where the focus was in the old element it is in the new one. */
function replace(old, element) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(element);
  if (!focused) return;
  const same = focused.dataset.kind && element.querySelector(`[data-kind="${focused.dataset.kind}"]`);
  const summary = focused.matches('summary') && element.querySelector('summary');
  (same || summary || element.querySelector('h3'))?.focus();
}

// ---- Orders ----

const ACTIONS = {
  payment: ['Simulate payment', 'Sends a signed postback, as the vendor does'],
  duplicate: ['Send duplicate', 'The same bytes once more'],
  resend: ['Resend', 'The same invoice with a new token'],
  forged_amount: ['Forge amount', 'A genuine token, but a hundredth of the amount'],
  forged_token: ['Forge token', 'A token that is signed with another secret'],
};
const busy = new Set();

function order({ order, last }) {
  const isPaid = order.paid_by !== null;
  const kinds = isPaid
    ? ['duplicate', 'resend', 'forged_amount', 'forged_token']
    : ['payment', 'forged_amount', 'forged_token'];
  return make(
    'li',
    { class: 'order' },
    make(
      'div',
      { class: 'top' },
      make('h3', { tabindex: '-1' }, isolated(order.id)),
      mark(isPaid ? OUTCOMES.paid : ['quiet', '○', 'Open']),
    ),
    make('p', { class: 'sum' }, `${order.amount} `, make('span', {}, order.currency)),
    isPaid
      ? make(
          'dl',
          {},
          ...row('Invoice', isolated(order.paid_by)),
          ...row('Reported', `${order.amount} ${order.currency}, as ${formatName(order.paid_format)}`),
          ...row('Created', time(order.created_at)),
          ...row('Paid', time(order.paid_at)),
        )
      : make('dl', {}, ...row('Created', time(order.created_at))),
    isPaid &&
      make(
        'details',
        {},
        make('summary', {}, `All ${state.checks.length} checks passed`),
        checks(null, state.checks.length),
      ),
    last && last.outcome !== 'paid' && note(last),
    state.simulator &&
      make('div', { class: 'actions' }, ...kinds.map((kind) => action(order.id, kind))),
  );
}

function action(id, kind) {
  const [name, title] = ACTIONS[kind];
  return make(
    'button',
    {
      type: 'button',
      class: kind === 'payment' ? 'primary' : null,
      title,
      'data-kind': kind,
      'aria-disabled': busy.has(id) ? 'true' : null,
      click: () => simulate(id, kind),
    },
    name,
    make('span', { class: 'unseen' }, ` for order ${id}`),
  );
}

/** What the newest delivery for an order came to. */
function note(delivery) {
  const [kind, , word] = OUTCOMES[delivery.outcome] ?? ['quiet', '', delivery.outcome];
  return make(
    'div',
    { class: `last ${kind}` },
    mark(OUTCOMES[delivery.outcome] ?? [kind, '·', word]),
    make('p', {}, `Answered ${delivery.status}. ${sentence(delivery.reason)}`),
  );
}

async function simulate(id, kind) {
  if (busy.has(id)) return;
  busy.add(id);
  disable(id, true);
  const pause = aMoment();
  const format = document.querySelector('[name=format]:checked').value;
  const { problem } = await post('/simulate', { order_id: id, kind, format });
  $('problem').textContent = problem ? `Nothing was sent: ${problem}.` : '';
  await pause;
  busy.delete(id);
  disable(id, false);
}

/** The second click of a double click must not meet what the first one has brought. */
function aMoment() {
  return new Promise((resume) => setTimeout(resume, 500));
}

function disable(id, isBusy) {
  for (const element of $('orders').children) {
    if (element.dataset.key !== id) continue;
    for (const button of element.querySelectorAll('button')) {
      if (isBusy) button.setAttribute('aria-disabled', 'true');
      else button.removeAttribute('aria-disabled');
    }
  }
}

// ---- Deliveries ----

const formatName = (format) => ({ form: 'a form', json: 'JSON' })[format] ?? 'neither JSON nor a form';

/** The checks of one delivery: those that held, the one that ended it, and those not made. */
function checks(outcome, stopped) {
  return make(
    'ol',
    { class: 'checks' },
    ...state.checks.map(([, text], index) => {
      if (index < stopped) return check('good', '✓', 'held', text);
      if (index > stopped) return check('quiet', '–', 'not made', text);
      const [kind, sign] = OUTCOMES[outcome] ?? ['bad', '✕'];
      return check(kind, sign, 'did not hold', text);
    }),
  );
}

function check(kind, sign, word, text) {
  const isTold = word === 'held';
  return make(
    'li',
    { class: isTold ? null : kind },
    make('span', { 'aria-hidden': 'true', class: kind }, sign),
    make('span', {}, text, make('span', { class: 'unseen' }, `: ${word}`)),
  );
}

function delivery(item) {
  const names = state.checks.map(([name]) => name);
  const index = names.indexOf(item.stopped_at);
  const stopped = item.stopped_at === null ? names.length : Math.max(index, 0);
  return make(
    'li',
    { class: 'delivery' },
    make(
      'div',
      { class: 'top' },
      mark(OUTCOMES[item.outcome] ?? ['quiet', '·', item.outcome]),
      time(item.received_at),
    ),
    (item.order_id !== null || item.amount !== null) &&
      make(
        'p',
        { class: 'about' },
        item.order_id === null ? 'No order' : isolated(item.order_id),
        item.amount === null ? null : make('span', { class: 'when' }, ` ${item.amount} ${item.currency}`),
      ),
    item.reason && make('p', {}, sentence(item.reason)),
    make('p', {}, 'Answered ', make('strong', {}, String(item.status)), ' ', make('code', {}, item.answer)),
    make(
      'details',
      {},
      make('summary', {}, `${stopped} of ${names.length} checks held`),
      make(
        'dl',
        {},
        ...(item.invoice_id === null ? [] : row('Invoice', isolated(item.invoice_id))),
        ...(item.format === null ? [] : row('Format', formatName(item.format))),
      ),
      checks(item.outcome, stopped),
    ),
  );
}

/** A payment or a report that waits for a person. */
function person(item) {
  return make(
    'li',
    { class: 'delivery' },
    make(
      'div',
      { class: 'top' },
      mark(item.reason ? OUTCOMES.unsettled : OUTCOMES.conflict),
      time(item.received_at),
    ),
    make('p', {}, sentence(item.reason ?? 'invoice was reported before with other fields, which stay')),
    make(
      'dl',
      {},
      ...row('Invoice', isolated(item.invoice_id)),
      ...(item.order_id === null ? [] : row('Order', isolated(item.order_id))),
      ...row('Reported', `${item.amount} ${item.currency}`),
    ),
  );
}

// ---- The whole ----

let state = null;

function show(next) {
  const before = state;
  state = next;
  if (!before) begin();
  const last = new Map();
  for (const item of next.deliveries) {
    if (item.order_id !== null && !last.has(item.order_id)) last.set(item.order_id, item);
  }
  const orders = next.orders.map((order) => ({ order, last: last.get(order.id) ?? null }));
  fill($('orders'), orders, 30, (item) => item.order.id, order);
  fill($('deliveries'), next.deliveries, 10, (item) => item.number, delivery);
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

async function post(path, body) {
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
