// What arrived at /postback, and the responses.

import { OUTCOMES, formatName, isolated, make, mark, row, sentence, time } from './dom.js';

/** The checks of one delivery: those that passed, the one that failed, and those that did not run. */
export function checks(all, outcome, stopped) {
  return make(
    'ol',
    { class: 'checks' },
    ...all.map(([, text], index) => {
      if (index < stopped) return check('good', '✓', 'passed', text);
      if (index > stopped) return check('quiet', '–', 'did not run', text);
      const [kind, sign] = OUTCOMES[outcome] ?? ['bad', '✕'];
      return check(kind, sign, 'failed', text);
    }),
  );
}

function check(kind, sign, word, text) {
  return make(
    'li',
    { class: word === 'passed' ? null : kind },
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
    make('p', {}, 'Response ', make('strong', {}, String(item.status)), ' ', make('code', {}, item.body)),
    make(
      'details',
      {},
      make('summary', {}, `${stopped} of ${names.length} checks passed`),
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
