// The orders, and the buttons that send postbacks for them.

import { checks } from './deliveries.js';
import { $, OUTCOMES, isolated, make, mark, row, sentence, time } from './dom.js';
import { aMoment, post } from './post.js';

const ACTIONS = {
  payment: ['Simulate payment', 'Sends a signed postback, as the vendor does'],
  duplicate: ['Send duplicate', 'The same bytes again'],
  resend: ['Resend', 'The same invoice with a new token'],
  forged_amount: ['Forge amount', 'A genuine token, but a hundredth of the amount'],
  forged_token: ['Forge token', 'A token signed with another secret'],
};
const busy = new Set();

/** The card of an order, with the newest delivery for it. */
export function order({ order, last }, all) {
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
          ...row('Created', time(order.created_at)),
          ...row('Paid', time(order.paid_at)),
        )
      : make('dl', {}, ...row('Created', time(order.created_at))),
    isPaid &&
      make(
        'details',
        {},
        make('summary', {}, `All ${all.length} checks passed`),
        checks(all, null, all.length),
      ),
    last && last.outcome !== 'paid' && note(last),
    make('div', { class: 'actions' }, ...kinds.map((kind) => action(order, kind))),
  );
}

function action(order, kind) {
  const [name, title] = ACTIONS[kind];
  return make(
    'button',
    {
      type: 'button',
      class: kind === 'payment' ? 'primary' : null,
      title,
      'data-kind': kind,
      'aria-disabled': busy.has(order.id) ? 'true' : null,
      click: () => simulate(order, kind),
    },
    name,
    make('span', { class: 'unseen' }, ` for order ${order.id}`),
  );
}

/** The outcome of the newest delivery for an order. */
function note(delivery) {
  const [kind, , word] = OUTCOMES[delivery.outcome] ?? ['quiet', '', delivery.outcome];
  return make(
    'div',
    { class: `last ${kind}` },
    mark(OUTCOMES[delivery.outcome] ?? [kind, '·', word]),
    make('p', {}, `Response ${delivery.status}. ${sentence(delivery.reason)}`),
  );
}

async function simulate(order, kind) {
  const { id, invoice_id, amount, currency } = order;
  if (busy.has(id)) return;
  busy.add(id);
  disable(id, true);
  const pause = aMoment();
  const format = document.querySelector('[name=format]:checked').value;
  const { problem } = await post('/simulate', { kind, format, order_id: id, invoice_id, amount, currency });
  $('problem').textContent = problem ? `Nothing was sent: ${problem}.` : '';
  await pause;
  busy.delete(id);
  disable(id, false);
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
