// What came to the shop, and what of it waits for a person.

import { OUTCOMES, formatName, isolated, make, mark, row, sentence, time } from './dom.js';

/** The checks of one delivery: those that held, the one that ended it, and those not made. */
export function checks(all, outcome, stopped) {
  return make(
    'ol',
    { class: 'checks' },
    ...all.map(([, text], index) => {
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

export function delivery(item, all) {
  const names = all.map(([name]) => name);
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
      checks(all, item.outcome, stopped),
    ),
  );
}

/** A payment or a report that waits for a person. */
export function person(item) {
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
