// The four steps of a postback, as a picture that lights up.

import { make, unseen } from './dom.js';

const STEPS = [
  ['Token', 'signed with your secret, and not expired'],
  ['Invoice', 'the token is for this invoice'],
  ['Once', 'stored first, and handled for the first time'],
  ['Order', 'the vendor states the same, and your order matches'],
];
const STEP_OF = { invoice: 1, status: 1, once: 2, order: 3 };

/** The steps that an entry has passed, and the one that stopped it: in color, sign and word. */
export function path(entry, kind, isLarge = false) {
  const stop = entry === null ? -1 : entry.stopped_at === null ? STEPS.length : (STEP_OF[entry.stopped_at] ?? 0);
  const steps = STEPS.map(([name, text], index) => {
    const [look, sign, word] =
      index < stop ? ['passed', '✓', 'passed'] : index === stop ? ['stopped', '■', 'stopped here'] : ['', '', 'not reached'];
    return make(
      'li',
      { class: look },
      make('strong', {}, name),
      make('span', { 'aria-hidden': 'true' }, isLarge && index === stop ? `${sign} stopped` : sign),
      isLarge && make('span', { class: 'hint' }, text),
      entry !== null && unseen(`: ${word}`),
    );
  });
  return make('ol', { class: `path ${isLarge ? 'large' : ''} ${kind}` }, steps);
}
