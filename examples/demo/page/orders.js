// The orders, and the buttons of the vendor and of attackers.

import { aMoment, call } from './call.js';
import { $, isolated, make, mark, row, time, unseen } from './dom.js';
import { summary } from './entries.js';
import { problem } from './problem.js';

const busy = new Set();

/** The card of an order, with the newest entry about it. */
export function card({ order, last, isNewest, buttons }) {
  const isPaid = order.paid_by !== null;
  const state = isPaid ? ['good', '✓', 'Paid'] : ['quiet', '○', order.invoice_id ? 'Open' : 'Without invoice'];
  const shown = buttons.filter(({ on }) => on.includes(isPaid ? 'paid' : 'open'));
  const groups = order.invoice_id
    ? [
        group('The vendor', order, shown.filter(({ attack }) => !attack)),
        group('An attacker', order, shown.filter(({ attack }) => attack)),
      ]
    : [group('The shop', order, [CREATE])];
  return make(
    'li',
    { class: 'order' },
    make('div', { class: 'head' }, make('h3', { tabindex: '-1' }, isolated(order.id)), mark(state)),
    make('p', { class: 'sum' }, `${order.amount} `, make('span', {}, order.currency)),
    make(
      'dl',
      {},
      order.invoice_id && row('Invoice', isolated(order.invoice_id), ' ', order.link && link(order)),
      row('Created', time(order.created_at)),
      isPaid && row('Paid', time(order.paid_at)),
    ),
    last && make('div', { class: `last ${last.kind}` }, summary(last)),
    isNewest ? groups : make('details', {}, make('summary', {}, 'Send something', unseen(` for order ${order.id}`)), groups),
  );
}

const CREATE = { kind: 'create', label: 'Create invoice', text: 'The order is stored. Asks the vendor for its invoice again.' };

function link(order) {
  return make('a', { href: order.link, target: '_blank', rel: 'noreferrer' }, 'payment page', unseen(` of order ${order.id}`));
}

function group(name, order, buttons) {
  return make(
    'div',
    { class: 'group' },
    make('h4', {}, name, unseen(`, order ${order.id}`)),
    make('ul', {}, buttons.map((button) => make('li', {}, action(order, button), make('p', { class: 'hint' }, button.text)))),
  );
}

function action(order, { kind, label }) {
  return make(
    'button',
    {
      type: 'button',
      class: kind === 'payment' ? 'primary' : null,
      'data-kind': kind,
      'aria-disabled': busy.has(order.id) ? 'true' : null,
      click: () => press(order, kind),
    },
    label,
    unseen(` for order ${order.id}`),
  );
}

async function press(order, kind) {
  const { id, amount, currency } = order;
  if (busy.has(id)) return;
  disable(id, true);
  const pause = aMoment();
  const done = await (kind === 'create'
    ? call('POST', '/orders', { id, amount, currency })
    : call('POST', '/press', { button: kind, order_id: id }));
  problem(done.problem && `Nothing was sent: ${done.problem}.`);
  await pause;
  disable(id, false);
}

function disable(id, isBusy) {
  if (isBusy) busy.add(id);
  else busy.delete(id);
  const card = [...$('orders').children].find((element) => element.dataset.key === id);
  for (const button of card?.querySelectorAll('button') ?? []) {
    if (isBusy) button.setAttribute('aria-disabled', 'true');
    else button.removeAttribute('aria-disabled');
  }
}
