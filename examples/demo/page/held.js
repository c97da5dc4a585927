// Payments that wait for an operator, and the operator's decisions.

import { aMoment, call } from './call.js';
import { isolated, make, mark, row, sentence, time, unseen } from './dom.js';

export function card(item) {
  return make(
    'li',
    { class: 'entry' },
    make('div', { class: 'head' }, mark(['warn', '!', sentence(item.reason)]), time(item.received_at * 1000)),
    make(
      'dl',
      {},
      row('Invoice', isolated(item.invoice_id)),
      item.order_id !== null && row('Order', isolated(item.order_id)),
      row('Reported', `${item.amount ?? 'no amount'} ${item.currency ?? ''}`),
      item.credited && row('Credited before', credited(item.credited)),
    ),
    make(
      'form',
      { autocomplete: 'off', submit: (event) => accept(event, item) },
      field(item, 'Amount to credit', { name: 'amount', inputmode: 'decimal', required: true }),
      field(item, 'For the order', { name: 'order', value: item.own ?? item.order_id ?? '', spellcheck: 'false' }),
      make(
        'div',
        { class: 'actions' },
        make('button', { class: 'primary', 'data-kind': 'accept' }, 'Accept', about(item)),
        make('button', { type: 'button', 'data-kind': 'dismiss', click: (event) => dismiss(event, item) }, 'Dismiss', about(item)),
      ),
      make('p', { class: 'bad', role: 'alert' }),
    ),
  );
}

function credited({ amount, currency, order_id, by }) {
  const parts = [amount ?? 'an amount', currency, order_id && `for ${order_id}`, by && `by ${by}`];
  return isolated(parts.filter(Boolean).join(' '));
}

const about = (item) => unseen(` the payment of invoice ${item.invoice_id}`);

function field(item, text, attributes) {
  const id = `held-${item.id}-${attributes.name}`;
  return make(
    'div',
    {},
    make('label', {}, text, make('input', { 'aria-describedby': id, ...attributes })),
    make('p', { id, class: 'bad' }),
  );
}

function accept(event, item) {
  event.preventDefault();
  const { amount, order } = Object.fromEntries(new FormData(event.currentTarget));
  const body = { amount: amount.trim() };
  // The order of the invoice needs no name.
  if (order && order !== item.own) body.order_id = order;
  return decide(event.currentTarget, `/held/${item.id}/accept`, body);
}

function dismiss(event, item) {
  const form = event.currentTarget.closest('form');
  return decide(form, `/held/${item.id}/dismiss`, { note: 'dismissed on the page' });
}

async function decide(form, path, body) {
  if (form.dataset.busy) return;
  form.dataset.busy = 'true';
  const pause = aMoment();
  const done = await call('POST', path, body);
  show(form, done.problem ?? '');
  await pause;
  delete form.dataset.busy;
}

/** Shows a problem at the field that it is about, or else below the buttons. */
function show(form, problem) {
  const name = /\border\b/.test(problem) ? 'order' : /^amount\b/.test(problem) ? 'amount' : null;
  for (const input of form.querySelectorAll('input')) {
    const isWrong = input.name === name;
    input.setAttribute('aria-invalid', String(isWrong));
    document.getElementById(input.getAttribute('aria-describedby')).textContent = isWrong ? sentence(problem) : '';
    if (isWrong) input.focus();
  }
  form.querySelector('[role=alert]').textContent = name ? '' : sentence(problem);
}
