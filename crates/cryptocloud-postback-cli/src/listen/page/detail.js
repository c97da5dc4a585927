// One postback in detail.

import { aMoment, call } from './call.js';
import { copyButton, make, mark, table, time, unseen } from './dom.js';
import { tabs } from './tabs.js';

// Color, sign and word of each state.
export const VERDICTS = {
  verified: ['good', '✓', 'Verified'],
  refused: ['bad', '✕', 'Refused'],
  unchecked: ['warn', '?', 'Not checked'],
};
const OUTCOMES = {
  ok: ['good', '✓', 'ok'],
  failed: ['bad', '✕', 'failed'],
  skipped: ['quiet', '–', 'skipped'],
};

/** How forwarding went, apart from the verdict; null if there was none. */
export function forwarded({ milliseconds, not_forwarded: failure, status, verdict }) {
  if (failure !== null) return ['bad', '✕', 'Not forwarded'];
  if (status === null) return ['quiet', '…', 'Forwarding'];
  if (milliseconds === null) return null;
  const isRefused = verdict === 'refused';
  if (status < 300) return isRefused ? ['bad', '!', `Your server accepted it: ${status}`] : ['good', '→', `Your server: ${status}`];
  return isRefused ? ['quiet', '→', `Your server: ${status}`] : ['warn', '!', `Your server: ${status}`];
}

/** The nodes of the panel; `select` shows another postback. */
export function detailNodes(detail, about, select) {
  const { body, body_error: failure, id, report, resend } = detail;
  const expires = report.expires_at;
  const isExpired = expires !== null && expires * 1000 <= Date.now();
  const origin = resend ? `, resend of #${resend.of}${resend.signed_anew ? ', signed anew' : ''}` : '';
  const forward = forwarded(detail);
  return [
    make('div', { class: 'head' }, make('h2', {}, mark(VERDICTS[detail.verdict]), make('span', { class: 'quiet' }, `#${id}${origin}`)), forward && mark(forward)),
    make('p', {}, make('code', {}, `${detail.method} ${detail.target}`), ' ', time(detail.received_at)),
    expires !== null && hint(isExpired ? 'The token expired at ' : 'The token is valid until ', time(expires * 1000)),
    about.forward !== null && failure === null && resendNode(id, isExpired, select),
    ...tabs('Parts of the postback', [
      ['Checks', [checks(report.checks), ...responses(detail, about)]],
      ['Payload', payload(detail)],
      ['Body', readable(body)],
      ['As it arrived', body ? box('Body as it arrived', body) : hint(failure === null ? 'The body is empty.' : `The body was not stored: ${failure}.`)],
      ['Headers', headers('As they arrived', detail.headers)],
      ['Send again', sendAgain(detail, about)],
    ]),
  ].filter(Boolean);
}

const hint = (...content) => make('p', { class: 'hint' }, ...content);

const box = (label, text) => make('pre', { tabindex: '0', role: 'region', 'aria-label': label }, text);

const details = (title, ...nodes) => make('details', {}, make('summary', {}, title), ...nodes);

const none = (text) => make('span', { class: 'quiet' }, text);

function headers(caption, list) {
  return table(caption, list.map(([name, value]) => [name, value ?? none('[redacted]')]));
}

/** A text with a button that copies it. */
function copyable(label, text) {
  const node = box(label, text);
  return make('div', { class: 'copyable' }, node, copyButton(unseen(` ${label}`), () => text, () => node));
}

function checks(list) {
  return make('ol', { class: 'checks' }, list.map(({ requirement, result, message, cause, hint: advice }) => {
    const text = message ? `${message}${cause ? `: ${cause}` : ''}` : requirement;
    return make('li', { class: result === 'skipped' ? 'quiet' : null }, mark(OUTCOMES[result]), make('span', {}, text), advice && hint(advice));
  }));
}

function responses({ body_error: failure, forwarded: other, milliseconds, not_forwarded: error, response: own }, about) {
  const mine = response(own, 'the response');
  if (about.forward === null) return [make('h3', {}, 'Response'), ...mine];
  if (failure !== null) return [make('h3', {}, 'Response'), ...mine, hint('Not forwarded, since it has no body.')];
  const title = make('h3', {}, "Your server's response");
  if (milliseconds === null) return [title, make('p', {}, 'Waiting …')];
  const nodes = [title, hint(`${about.forward}, after ${milliseconds} ms`)];
  const unsent = details('Response of the checks above, not sent', ...mine);
  if (error !== null) return [...nodes, make('p', { class: 'note bad' }, `✕ ${error}`), unsent];
  const accepts = ({ status }) => status.startsWith('2');
  const does = accepts(other) ? 'accepted a postback that the checks above refuse' : 'refused a postback that the checks above accept';
  const differs = accepts(own) !== accepts(other) && make('p', { class: 'note warn' }, `Your server ${does}.`);
  return [...nodes, ...response(other, "your server's response"), differs, unsent];
}

function response({ body, headers: list, is_truncated: isTruncated, status }, name) {
  const whole = body ? box(`Body of ${name}`, body) : null;
  const isHtml = list.some(([header, value]) => header === 'content-type' && value.startsWith('text/html'));
  return [
    make('p', {}, make('code', {}, status)),
    isHtml ? box(`Text of ${name}`, visibleText(body)) : whole,
    isHtml && details('The page as HTML', whole),
    isTruncated && hint('Cut off after 64 KiB.'),
    list.length > 0 && details('Headers', headers(`Headers of ${name}`, list)),
  ];
}

/** The start of what a page of HTML says, such as the error page of a framework. */
export function visibleText(html) {
  const text = html.replace(/<(script|style)\b[^]*?<\/\1>|<!--[^]*?-->|<[^>]*>/gi, ' ').replace(/\s+/g, ' ').trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function payload({ claims, report }) {
  const nodes = [];
  if (claims) {
    const rows = fields(claims).map(([name, value]) => (name === 'exp' && Number.isSafeInteger(claims.exp) ? [name, value, ' ', time(claims.exp * 1000)] : [name, value]));
    nodes.push(table(`Claims of the token, ${report.verified ? 'proven' : 'not proven'}`, rows));
  }
  if (!report.postback) return [...nodes, hint('The body is not a postback.')];
  const { invoice_info: info, notes, ...reported } = report.postback;
  nodes.push(table(report.verified ? 'The token proves the invoice; the rest is as reported' : 'None of this is proven', fields(reported)));
  nodes.push(...notes.map((text) => make('p', { class: 'note warn' }, text)));
  const set = info ? fields(info).filter(([name]) => info[name] !== null) : [];
  return info ? [...nodes, details('invoice_info', table('The fields that matter to a merchant', set))] : nodes;
}

function fields(object) {
  const shown = (value) => (typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value));
  return Object.entries(object).map(([name, value]) => [name, value === null ? none('none') : shown(value)]);
}

/** The body as indented JSON, or as the fields of a form. */
function readable(body) {
  const json = indented(body);
  if (json !== null) return copyable('the indented body', json);
  return body.includes('=') ? table('Fields of the form', [...new URLSearchParams(body)]) : hint('The body is neither JSON nor a form.');
}

/** Indents JSON, and keeps numbers, duplicate names and escapes as they were sent; null if it is none. */
export function indented(json) {
  try {
    JSON.parse(json);
  } catch {
    return null;
  }
  let line = '\n';
  return json.replace(/"(?:\\.|[^"\\])*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    if (token.startsWith('"')) return token;
    if (/^[{[]./s.test(token)) return token[0] + token.at(-1);
    if (token === ':') return ': ';
    // Nested deeper than any postback, the indentation would outgrow the text.
    if (token === ',') return token + line.slice(0, 65);
    if ('{['.includes(token)) return token + (line += '  ').slice(0, 65);
    if ('}]'.includes(token)) return (line = line.slice(0, -2)).slice(0, 65) + token;
    return '';
  });
}

function resendNode(id, isExpired, select) {
  const said = make('span', { class: 'hint', role: 'status' }, isExpired ? 'It gets a new token, since this one has expired.' : '');
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

function sendAgain({ body_error: failure, curl, id }, about) {
  if (failure !== null) return hint('There is no body to send.');
  const file = `postback-${id}`;
  const json = async () => (await fetch(`/api/export/${file}.json`)).text();
  const command = copyable('the command', `${about.send} --replay ${file}.json`);
  const download = (kind, attributes, text) => make('a', { href: `/api/export/${file}.${kind}`, download: true, ...attributes }, text);
  const same = curl
    ? [copyable('the curl command', curl), hint('It is refused once the token has expired. ', download('sh', {}, 'Download curl'))]
    : [hint('No curl command sends exactly this.')];
  return [
    make('h3', {}, 'The same bytes'),
    ...same,
    make('h3', {}, 'With a new token'),
    make('p', { class: 'actions' }, download('json', { class: 'button' }, 'Download JSON'), copyButton(' JSON', json, () => command)),
    command,
  ];
}
