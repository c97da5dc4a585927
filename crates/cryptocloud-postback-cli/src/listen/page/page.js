// The list of what has arrived, and which postback is shown.

import { call } from './call.js';
import { VERDICTS, detailNodes, forwarded } from './detail.js';
import { $, copyButton, make, mark, time, unseen } from './dom.js';
import { get, listen } from './events.js';
import { fill } from './list.js';

/**
 * The postbacks, the newest first; the newest id that the user has seen; the ids of what is selected and of
 * what will be once it has arrived; and the text of what the panel shows.
 */
const state = { about: null, postbacks: [], seen: 0, selected: 0, wanted: 0, shown: undefined };

const FILTERS = {
  All: () => true,
  Verified: ({ verdict }) => verdict === 'verified',
  Refused: ({ verdict }) => verdict === 'refused',
  'Not checked': ({ verdict }) => verdict === 'unchecked',
  'Server disagrees': (postback) => ['bad', 'warn'].includes(forwarded(postback)?.[0]),
  Resent: ({ resend }) => resend !== null,
};

const find = (id) => state.postbacks.find((postback) => postback.id === id);
const newest = () => state.postbacks[0]?.id ?? 0;

async function load() {
  const { about, postbacks } = await get('/api/postbacks');
  const before = newest();
  if (state.about !== null && postbacks.at(-1)?.id > before) announce(postbacks.at(-1));
  if (JSON.stringify(about) !== JSON.stringify(state.about)) showAbout(about);
  Object.assign(state, { about, postbacks: postbacks.reverse() });
  // After a restart, the ids begin again.
  state.seen = Math.min(state.seen, newest());
  // An arrival never replaces what is being read.
  select([state.wanted, state.selected].find(find) ?? newest());
}

function announce({ id, report, verdict }) {
  $('news').textContent = `Postback ${id}: ${VERDICTS[verdict][2]}${report.invoice_id ? `, invoice ${report.invoice_id}` : ''}`;
}

function showAbout({ url, path, forward, secret, keep, send }) {
  for (const element of document.querySelectorAll('.forward')) element.hidden = forward === null;
  for (const [id, text] of Object.entries({ url, path, forward, keep, send })) $(id).textContent = text;
  $('no-secret').hidden = secret;
  $('with-secret').hidden = !secret || send.includes('--secret-file');
}

function select(id) {
  if (id === state.wanted) state.wanted = 0;
  state.selected = id;
  state.seen = Math.max(state.seen, id);
  show();
}

function show() {
  const all = state.postbacks;
  const words = $('search').value.toLowerCase().split(/\s+/);
  const matches = all.filter(FILTERS[$('filter').value]).filter(({ id, method, reason, report }) => {
    const { amount_crypto: amount, currency, order_id: order } = report.postback ?? {};
    const text = [`#${id}`, report.invoice_id, order, amount, currency, method, reason].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const items = matches.map((postback) => ({ ...postback, isCurrent: postback.id === state.selected }));
  fill($('list'), items, 50, ({ id }) => id, item);
  const unread = all.filter(({ id }) => id > state.seen).length;
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
  const { id, isCurrent, method, reason, report, resend, status } = postback;
  const { amount_crypto: amount, currency, order_id: order } = report.postback ?? {};
  const forward = forwarded(postback);
  const button = make(
    'button',
    { type: 'button', class: 'item', 'aria-current': String(isCurrent), 'data-kind': 'open', click: () => open(id) },
    make('span', { class: 'line' }, mark(VERDICTS[postback.verdict]), make('code', { class: 'quiet' }, status ?? '…')),
    make('span', { class: 'line' }, make('bdi', { class: 'id clip' }, report.invoice_id ?? method), time(postback.received_at)),
    (order || amount) && make('span', { class: 'line' }, make('bdi', { class: 'id clip' }, order ?? 'no order'), make('span', { class: 'when' }, `${amount ?? ''} ${currency ?? ''}`)),
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

/** Fetches and shows the selected postback, unless it is up to date. */
async function showDetail() {
  const text = JSON.stringify(find(state.selected));
  if (text === state.shown) return;
  state.shown = text;
  const detail = text && (await get(`/api/postbacks/${state.selected}`).catch(() => null));
  if (state.shown !== text) return;
  // The postback or the server is gone; the next list will tell which.
  if (text && !detail) state.shown = undefined;
  const place = $('detail');
  const kind = place.contains(document.activeElement) ? document.activeElement.dataset.kind : null;
  place.replaceChildren(...(detail ? detailNodes(detail, state.about, want) : []));
  place.hidden = !detail;
  if (kind) place.querySelector(`[data-kind="${kind}"]`)?.focus();
}

/** Selects a postback that may not be in the list yet. */
function want(id) {
  state.wanted = id;
  if (find(id)) select(id);
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
listen('/api/events', load, { whileHidden: true });
