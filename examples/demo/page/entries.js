// What happened to a postback or a payment, in words.

import { isolated, make, mark, row, sentence, time, unseen } from './dom.js';
import { path } from './path.js';

// Color, sign and word of each outcome, and what it means for the order.
const OUTCOMES = {
  paid: ['good', '✓', 'Paid', 'order paid'],
  known: ['good', '=', 'Known already', 'handled once'],
  refused: ['good', '✓', 'Refused', 'order unchanged'],
  conflict: ['good', '✓', 'Conflict', 'order unchanged'],
  running: ['quiet', '…', 'Being handled', 'stored'],
  held: ['warn', '!', 'Held for review', 'order unchanged'],
  failed: ['warn', '↻', 'Handler failed', 'stored'],
  waiting: ['warn', '…', 'Waits for the vendor', 'stored'],
  dismissed: ['quiet', '–', 'Dismissed', 'order unchanged'],
  lost: ['bad', '✕', 'Not stored', 'it is in the log'],
};
const CAUSES = {
  confirmation: 'the shop: the payment was credited already',
  decision: 'a decision',
  outside: 'another program',
  reconciliation: 'the shop, which asked the vendor',
  worker: 'the worker of the shop',
};

/** An entry with all that is said about it. */
export function told(entry, buttons) {
  const button = buttons.find(({ kind }) => kind === entry.cause);
  const [kind, sign, word, effect] = OUTCOMES[entry.outcome];
  const isStopped = button?.attack && ['refused', 'conflict', 'dismissed'].includes(entry.outcome);
  const title = isStopped
    ? `${button.attack} stopped`
    : entry.outcome === 'failed' ? `Attempt ${entry.attempts} failed` : word;
  const status = entry.response ? `${entry.response[0]}, ` : '';
  return {
    ...entry,
    kind,
    look: [kind, sign, `${title}: ${status}${effect}`],
    by: button ? `“${button.label}”` : CAUSES[entry.cause],
    why: sentence(entry.reason) || why(entry),
    sample: entry.outcome === 'paid' && entry.cause !== 'reconciliation' ? null : (button?.sample ?? null),
  };
}

function why({ outcome, cause, attempts }) {
  if (outcome !== 'paid') return '';
  if (cause === 'reconciliation') return 'No postback came: the vendor\'s API states the payment.';
  if (cause === 'decision') return 'An operator accepted the payment.';
  return attempts > 1 ? `Attempt ${attempts} succeeded, without another postback.` : '';
}

/** The title, the steps, the reason and what comes next. */
export function summary(entry, hasPath = true) {
  const isDue = entry.due_at !== null && ['failed', 'waiting'].includes(entry.outcome);
  return [
    make('div', { class: 'head' }, mark(entry.look), time(entry.at)),
    hasPath && path(entry, entry.kind),
    entry.why && make('p', {}, entry.why),
    isDue && make('p', {}, 'Tried again at ', time(entry.due_at), ', without another postback.'),
    entry.sample && make('p', { class: 'sample' }, entry.sample),
  ];
}

export function item(entry, checks) {
  const names = checks.map(([name]) => name);
  const stop = entry.stopped_at === null ? names.length : Math.max(names.indexOf(entry.stopped_at), 0);
  return make(
    'li',
    { class: 'entry' },
    summary(entry),
    make(
      'dl',
      {},
      row('By', entry.by),
      entry.order_id !== null && row('Order', isolated(entry.order_id)),
      entry.amount !== null && row('Reported', `${entry.amount} ${entry.currency ?? ''}`),
      entry.response && row('Response', make('code', {}, `${entry.response[0]} ${entry.response[1]}`)),
    ),
    make(
      'details',
      {},
      make('summary', {}, `${stop} of ${names.length} checks passed`),
      make('ol', { class: 'checks' }, checks.map(([, text], index) => check(text, index - stop, entry.kind))),
    ),
  );
}

function check(text, place, kind) {
  const [look, sign, word] = place < 0 ? ['good', '✓', 'passed'] : place > 0 ? ['quiet', '–', 'did not run'] : [kind, '■', 'stopped here'];
  return make('li', { class: look }, make('span', { 'aria-hidden': 'true' }, sign), make('span', {}, text, unseen(`: ${word}`)));
}
