// One postback in detail.

import { aMoment, call } from './call.js';
import { copyButton, escaped, make, mark, table, time, unseen } from './dom.js';
import { indented } from './indent.js';
import { VERDICTS, forwarded } from './states.js';
import { tabs } from './tabs.js';

const OUTCOMES = {
  ok: ['good', '✓', 'ok'],
  failed: ['bad', '✕', 'failed'],
  skipped: ['quiet', '–', 'skipped'],
};

/** The nodes of the panel; `select` shows another postback. */
export function detailNodes(detail, about, select) {
  const { body, expires_at: expires, form, id, resend, resendable } = detail;
  const json = body.segments.length === 1 ? indented(body.segments[0].text) : null;
  const isVerified = detail.verdict === 'verified';
  const isExpired = expires !== null && expires * 1000 <= Date.now();
  const origin = resend && `resend of #${resend.of}${resend.signed_anew ? ', signed anew' : ''}`;
  const forward = forwarded(detail, about);
  return [
    make(
      'div',
      { class: 'head' },
      make('h2', {}, mark(VERDICTS[detail.verdict]), make('span', { class: 'quiet' }, `#${id}${origin ? `, ${origin}` : ''}`)),
      forward && mark(forward),
    ),
    make('p', {}, make('code', {}, `${detail.method} ${detail.target}`), make('span', { class: 'when' }, ` · ${body.error ? 'first ' : ''}${body.bytes} bytes · `), time(detail.received_at)),
    expires !== null && make('p', { class: 'hint' }, isExpired ? 'The token expired at ' : 'The token is valid until ', time(expires * 1000)),
    resendable && resendNode(id, isVerified && isExpired, select),
    ...tabs('Parts of the postback', [
      ['Checks', [checks(detail.checks), ...responses(detail, about)]],
      ['Payload', payload(detail, isVerified)],
      ...(json ? [['Body', [textBox('Body, indented', json)]]] : []),
      ...(form ? [['Body', [table('Fields of the form', form)]]] : []),
      ['As it arrived', raw(body)],
      ['Headers', headers(detail)],
      ['Send again', sendAgain(detail, about)],
    ]),
  ].filter(Boolean);
}

/** Nodes for bytes: text, and marks in hexadecimal for what is not UTF-8. */
const bytes = (segments) => segments.map(({ text, hex }) => (hex ? escaped(hex) : text));

const box = (label, ...content) => make('pre', { tabindex: '0', role: 'region', 'aria-label': label }, ...content);

/** A text with a button that copies it. */
function textBox(label, text) {
  const node = box(label, text);
  return make('div', {}, make('p', { class: 'actions' }, copyButton(unseen(` ${label}`), () => text, () => node)), node);
}

const none = (text) => make('span', { class: 'quiet' }, text);

const details = (title, ...nodes) => make('details', {}, make('summary', {}, title), ...nodes);

function checks(list) {
  return make('ol', { class: 'checks' }, list.map(({ requirement, result, message, cause, hint }) => {
    const text = message ? `${message}${cause ? `: ${cause}` : ''}` : requirement;
    return make(
      'li',
      { class: result === 'skipped' ? 'quiet' : null },
      mark(OUTCOMES[result]),
      make('span', {}, text),
      hint && make('p', { class: 'hint' }, hint),
    );
  }));
}

function responses({ response: own, forwarded: exchange, pending }, about) {
  const mine = response(own, 'the response');
  if (about.forward === null) return [make('h3', {}, 'Response'), ...mine];
  if (pending) return [make('h3', {}, "Your server's response"), make('p', {}, 'Waiting …')];
  const unsent = details('Response of the checks above, not sent', ...mine);
  if (!exchange) return [make('h3', {}, 'Response'), ...mine, make('p', { class: 'hint' }, 'Not forwarded: the body was not stored in full.')];
  const { error, milliseconds, response: other, url } = exchange;
  const nodes = [make('h3', {}, "Your server's response"), make('p', { class: 'hint' }, `${url}, after ${milliseconds} ms`)];
  if (!other) return [...nodes, make('p', { class: 'note bad' }, `✕ ${error}`), unsent];
  const accepts = ({ status }) => status.code >= 200 && status.code < 300;
  const differs = accepts(own) !== accepts(other);
  const does = accepts(other) ? 'accepted a postback that the checks above refuse' : 'refused a postback that the checks above accept';
  return [...nodes, ...response(other, "your server's response"), differs && make('p', { class: 'note warn' }, `Your server ${does}.`), unsent];
}

function response({ status, headers: list, html, body, truncated }, name) {
  const whole = body.length ? box(`Body of ${name}`, bytes(body)) : null;
  return [
    make('p', {}, make('code', {}, `${status.code} ${status.reason}`)),
    html === null ? whole : box(`Text of ${name}`, html),
    html !== null && details('The page as HTML', whole),
    truncated && make('p', { class: 'hint' }, 'Cut off after 64 KiB.'),
    list.length > 0 && details('Headers', headerTable(`Headers of ${name}`, list)),
  ];
}

function payload({ claims, payload }, isVerified) {
  const nodes = [];
  if (claims) {
    const rows = fields(claims).map(([name, value]) => (name === 'exp' && Number.isSafeInteger(claims.exp) ? [name, value, ' ', time(claims.exp * 1000)] : [name, value]));
    nodes.push(table(`Claims of the token, ${isVerified ? 'proven' : 'not proven'}`, rows));
  }
  if (!payload) return [...nodes, make('p', { class: 'hint' }, 'The body is not a postback.')];
  const { invoice_info: info, notes, ...reported } = payload;
  nodes.push(table(isVerified ? 'The token proves the invoice; the rest is as reported' : 'None of this is proven', fields(reported)));
  nodes.push(...notes.map((text) => make('p', { class: 'note warn' }, text)));
  if (info) {
    const set = fields(info).filter(([name]) => info[name] !== null);
    nodes.push(details('invoice_info', table('The fields that matter to a merchant', set)));
  }
  return nodes;
}

function fields(object) {
  const shown = (value) => (typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value));
  return Object.entries(object).map(([name, value]) => [name, value === null ? none('none') : shown(value)]);
}

function raw({ error, segments }) {
  return [
    segments.length ? box('Body as it arrived', bytes(segments)) : make('p', { class: 'hint' }, 'The body is empty.'),
    error !== null && make('p', { class: 'hint' }, `The rest was not stored: ${error}.`),
  ];
}

function headers({ headers: list, headers_truncated: truncated }) {
  return [headerTable('As they arrived', list), truncated && make('p', { class: 'hint' }, 'More headers were not stored.')];
}

function headerTable(caption, list) {
  return table(caption, list.map(({ name, value }) => [name, value === null ? none('[redacted]') : bytes(value)]));
}

function resendNode(id, isSignedAnew, select) {
  const said = make('span', { class: 'hint', role: 'status' }, isSignedAnew ? 'It gets a new token, since this one has expired.' : '');
  const click = async (event) => {
    const button = event.currentTarget;
    if (button.getAttribute('aria-disabled')) return;
    button.setAttribute('aria-disabled', 'true');
    said.textContent = 'Sending …';
    const [{ result, problem }] = await Promise.all([call('POST', `/api/postbacks/${id}/resend`), aMoment()]);
    said.textContent = problem ? `Not sent: ${problem}.` : '';
    button.removeAttribute('aria-disabled');
    if (result) select(result.id);
  };
  return make('p', { class: 'actions' }, make('button', { type: 'button', 'data-kind': 'resend', click }, 'Resend to your server'), said);
}

function sendAgain({ curl, id }, about) {
  const path = `/api/postbacks/${id}`;
  const file = `postback-${id}.json`;
  const json = async () => (await fetch(`${path}/export`)).text();
  const command = box('Command with a new token', `${about.send} --replay ${file}`);
  const line = curl && box('curl command', curl);
  return [
    make('h3', {}, 'The same bytes'),
    curl === null && make('p', { class: 'hint' }, 'No curl command sends exactly this.'),
    line && make('div', { class: 'copyable' }, line, copyButton(unseen(' as curl'), () => curl, () => line)),
    line && make('p', { class: 'hint' }, 'It is refused once the token has expired. ', make('a', { href: `${path}/curl`, download: true }, 'Download curl')),
    make('h3', {}, 'With a new token'),
    make('p', { class: 'actions' }, make('a', { href: `${path}/export`, download: true, class: 'button' }, 'Download JSON'), copyButton(' JSON', json, () => command)),
    make('div', { class: 'copyable' }, command, copyButton(unseen(' the command'), () => command.textContent, () => command)),
  ];
}
