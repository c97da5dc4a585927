// The list of what has arrived, and which postback is shown.

import { call } from './call.js';
import { $, copyButton, make, mark, time, unseen } from './dom.js';
import { listen } from './events.js';
import { detailNodes } from './detail.js';
import { fill } from './list.js';
import { VERDICTS, forwarded } from './states.js';

/** The state of the receiver; `postbacks` holds summaries by id, and `unread` ids. */
const state = { run: null, about: null, postbacks: new Map(), unread: new Set(), selected: null, shown: null };

const FILTERS = {
  All: () => true,
  Verified: ({ verdict }) => verdict === 'verified',
  Refused: ({ verdict }) => verdict === 'refused',
  'Not checked': ({ verdict }) => verdict === 'unchecked',
  'Forward failed': (postback) => ['bad', 'warn'].includes(forwarded(postback, state.about)?.[0]),
  Resent: ({ resend }) => resend !== null,
};

/** Applies an update: its postbacks are new or changed, and those before `oldest` are gone. */
function apply(update) {
  const isFirst = update.run !== state.run;
  if (isFirst) {
    state.postbacks.clear();
    state.unread.clear();
    state.selected = null;
  }
  Object.assign(state, { run: update.run, about: update.about });
  for (const postback of update.postbacks) {
    if (!isFirst && !state.postbacks.has(postback.id)) announce(postback);
    state.postbacks.set(postback.id, postback);
  }
  for (const id of [...state.postbacks.keys()].filter((id) => id < update.oldest)) {
    state.postbacks.delete(id);
    state.unread.delete(id);
  }
  if (state.selected === null || state.selected < update.oldest) state.selected = newest();
  // An arrival never replaces what is being read.
  state.unread.delete(state.selected);
  showAbout();
  show();
}

function announce({ id, verdict, invoice_id: invoice }) {
  state.unread.add(id);
  $('news').textContent = `Postback ${id}: ${VERDICTS[verdict][2]}${invoice ? `, invoice ${invoice}` : ''}`;
}

function newest() {
  return state.postbacks.size ? Math.max(...state.postbacks.keys()) : null;
}

function showAbout() {
  const { url, path, forward, secret, keep, send } = state.about;
  for (const element of document.querySelectorAll('.forward')) element.hidden = forward === null;
  $('forward').textContent = forward ?? '';
  $('url').textContent = url;
  $('path').textContent = path;
  $('send').textContent = send;
  $('keep').textContent = keep;
  $('no-secret').hidden = secret;
  $('with-secret').hidden = !secret || send.includes('--secret-file');
}

function show() {
  const all = [...state.postbacks.values()].sort((one, other) => other.id - one.id);
  const words = $('search').value.toLowerCase().split(/\s+/);
  const matches = all.filter(FILTERS[$('filter').value]).filter((postback) => {
    const { amount, currency, id, invoice_id, method, order_id, reason } = postback;
    const text = [`#${id}`, invoice_id, order_id, amount, currency, method, reason].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const items = matches.map((postback) => ({ ...postback, current: postback.id === state.selected }));
  fill($('list'), items, 50, ({ id }) => id, item);
  const unread = state.unread.size;
  document.title = `${unread ? `(${unread}) ` : ''}ccpostback listen`;
  $('count').textContent = items.length < all.length ? `${items.length} of ${all.length}` : all.length;
  $('all').hidden = all.length === 0;
  $('empty').hidden = all.length > 0;
  $('no-match').hidden = items.length > 0;
  $('unread').hidden = unread === 0;
  $('unread').textContent = `${unread} new`;
  showDetail();
}

function item(postback) {
  const { amount, currency, current, id, invoice_id: invoice, method, order_id: order, reason, resend, status } = postback;
  const forward = forwarded(postback, state.about);
  const button = make(
    'button',
    { type: 'button', class: 'item', 'aria-current': String(current), 'data-kind': 'open', click: () => open(id) },
    make('span', { class: 'line' }, mark(VERDICTS[postback.verdict]), make('code', { class: 'quiet' }, status ?? '…')),
    make('span', { class: 'line' }, make('bdi', { class: 'id clip' }, invoice ?? method), time(postback.received_at)),
    (order !== null || amount !== null) &&
      make('span', { class: 'line' }, make('bdi', { class: 'id clip' }, order ?? 'no order'), make('span', { class: 'when' }, `${amount ?? ''} ${currency ?? ''}`)),
    make('span', { class: 'badges' }, forward && mark(forward), resend && mark(['quiet', '↻', `Resend of #${resend.of}`])),
    reason && make('span', { class: 'reason' }, reason),
    unseen(`, postback ${id}`),
  );
  return make('li', {}, button);
}

function open(id) {
  select(id);
  // On a narrow screen the detail is below the list.
  if (matchMedia('(max-width: 820px)').matches) $('detail').scrollIntoView();
}

/** Shows this postback, as soon as the event stream has brought it. */
function select(id) {
  state.selected = id;
  if (id === newest()) state.unread.clear();
  state.unread.delete(id);
  if (state.postbacks.has(id)) show();
}

/** Fetches and shows the selected postback, unless it is up to date. */
async function showDetail() {
  const summary = state.postbacks.get(state.selected) ?? null;
  if (summary === state.shown) return;
  state.shown = summary;
  const place = $('detail');
  const detail = summary && (await fetchDetail(summary.id));
  if (state.shown !== summary) return;
  // The postback or the server is gone; the event stream will tell which.
  if (summary && !detail) state.shown = null;
  const kind = place.contains(document.activeElement) ? document.activeElement.dataset.kind : null;
  place.replaceChildren(...(detail ? detailNodes(detail, state.about, select) : []));
  place.hidden = !detail;
  if (kind) place.querySelector(`[data-kind="${kind}"]`)?.focus();
}

async function fetchDetail(id) {
  try {
    const response = await fetch(`/api/postbacks/${id}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Moves the focus through the list. */
$('list').addEventListener('keydown', (event) => {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
  const next = step && event.target.closest('li')?.[step];
  if (!next) return;
  event.preventDefault();
  next.querySelector('button').focus();
});
$('unread').addEventListener('click', () => {
  $('search').value = '';
  $('filter').value = 'All';
  open(newest());
  $('list').querySelector('[aria-current="true"]')?.focus();
});
$('clear').addEventListener('click', async () => {
  const { problem } = await call('DELETE', '/api/postbacks');
  $('problem').textContent = problem ? `Not cleared: ${problem}.` : '';
});
$('filter').append(...Object.keys(FILTERS).map((name) => make('option', {}, name)));
$('filter').addEventListener('change', show);
$('search').addEventListener('input', show);
for (const [id, what] of [['url', 'the URL'], ['send', 'the command']]) {
  $(`copy-${id}`).append(copyButton(unseen(` ${what}`), () => $(id).textContent, () => $(id)));
}
// The title of a hidden page counts what is new.
listen('/api/events', (event) => apply(JSON.parse(event.data)), { whileHidden: true });
