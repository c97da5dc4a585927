// Sends postbacks, genuine and forged, as jsonwebtoken and the built-in fetch encode them.
//
//     CRYPTOCLOUD_SECRET_KEY=... node send.mjs URL
//
// Prints one JSON line for each case, and exits with 1 if a response has an unexpected status.

import { createHmac, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import jwt from "jsonwebtoken";

const SECRET = process.env.CRYPTOCLOUD_SECRET_KEY;
const URL_TO_TEST = process.argv[2];
if (!SECRET || !URL_TO_TEST) {
  console.error("usage: CRYPTOCLOUD_SECRET_KEY=... node send.mjs URL");
  process.exit(2);
}

const NOW = Math.floor(Date.now() / 1000);
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const FORGED_ID = "JSFORGED";
const OTHER_SECRET = "another-key-of-thirty-two-bytes-and-more";
// The example of the vendor's page, with differences that were seen in production.
const INFO = JSON.parse(readFileSync(new URL("invoice_info.json", import.meta.url), "utf8"));

// Signs a token with jsonwebtoken. A claim that is undefined is left out.
function sign(id, changes = {}, { key = SECRET, ...options } = {}) {
  const claims = Object.entries({ id, exp: NOW + 240, ...changes }).filter(([, value]) => value !== undefined);
  return jwt.sign(Object.fromEntries(claims), key, { noTimestamp: true, ...options });
}

// Signs a token that jsonwebtoken would not make. Both parts are strings.
function signByHand(header, claims, key = SECRET, digest = "sha256") {
  const message = `${segment(header)}.${segment(claims)}`;
  return `${message}.${createHmac(digest, key).update(message).digest("base64url")}`;
}

function segment(text) {
  return Buffer.from(text).toString("base64url");
}

const asJson = (fields) => raw(JSON.stringify(fields));
// fetch sends it with charset=UTF-8.
const asForm = (fields) => ({ body: new URLSearchParams(entries(fields)) });

// Without null and undefined, which URLSearchParams would write as strings.
function entries(fields) {
  return Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
}

function raw(body, type = JSON_TYPE, headers = {}) {
  return { body, headers: { ...(type && { "Content-Type": type }), ...headers } };
}

const CASES = [];

function genuine(name, encode, { fields = {}, token = sign, want = {} } = {}) {
  const id = `JS${String(CASES.length + 1).padStart(6, "0")}`;
  const sent = {
    status: "success",
    invoice_id: id,
    amount_crypto: 0.000113,
    currency: "BNB",
    order_id: null,
    token: token(id),
    ...fields,
  };
  if (sent.invoice_info === INFO) {
    sent.invoice_info = { ...sent.invoice_info, uuid: `INV-${id}` };
  }
  const wanted = {
    invoice_id: id,
    order_id: sent.order_id || null,
    amount: String(sent.amount_crypto),
    currency: sent.currency,
    ...want,
  };
  CASES.push({ name, expect: 200, method: "POST", request: encode(sent), want: wanted });
}

function forged(name, expect, request, method = "POST") {
  CASES.push({ name, expect, method, request, want: null });
}

// The fields of a forged postback; one that is undefined is left out.
function postback(changes = {}) {
  return {
    status: "success",
    invoice_id: FORGED_ID,
    amount_crypto: 0.000113,
    currency: "BNB",
    order_id: "ORDER_93223",
    token: sign(FORGED_ID),
    ...changes,
  };
}

function genuineCases() {
  for (const [label, encode] of [["JSON", asJson], ["form", asForm]]) {
    genuine(`${label}: the page's example`, encode);
    genuine(`${label}: order_id undefined`, encode, { fields: { order_id: undefined } });
    for (const order_id of [
      "ORDER_93223", "", "None", "null", "0012", "Заказ №42", "注文-7", "😀👩‍🚀", "a&b=c+d%41;e",
      "\"quoted\" 'too' \\ /", " spaces ", "100%", "~*!()",
    ]) {
      genuine(`${label}: order_id ${JSON.stringify(order_id)}`, encode, { fields: { order_id } });
    }
    for (const [amount_crypto, amount] of [
      [1e-5, "0.00001"], [1e-7, "0.0000001"], [1.13e-7, "0.000000113"], [0, "0"], [100, "100"], [102.0, "102"],
      [0.1 + 0.2, "0.30000000000000004"], [1e21, "1000000000000000000000"], ["0.1", "0.1"],
    ]) {
      genuine(`${label}: amount ${JSON.stringify(amount_crypto)}`, encode, { fields: { amount_crypto }, want: { amount } });
    }
    genuine(`${label}: unknown currency`, encode, { fields: { currency: "USDT_NEW" } });
    genuine(`${label}: unknown fields`, encode, { fields: { user_email: "payer@example.invalid", fiat_currency: "USD" } });
    // In a form it becomes the string [object Object].
    genuine(`${label}: invoice_info`, encode, { fields: { invoice_info: INFO } });
    // Nothing in it is signed, so nothing in it refuses.
    const other = { ...INFO, uuid: "INV-JSOTHER" };
    genuine(`${label}: invoice_info of another invoice`, encode, { fields: { invoice_info: other } });
    genuine(`${label}: order_id a number`, encode, { fields: { order_id: 93223 }, want: { order_id: "93223" } });
    genuine(`${label}: order_id of 1,024 bytes`, encode, { fields: { order_id: "x".repeat(1_024) } });
    const tokens = {
      "white space around it": (id) => ` ${sign(id)}\n`,
      "header with other names": (id) => sign(id, {}, { header: { cty: "JWT", new: [1] } }),
      "header without typ": (id) => jwt.sign(JSON.stringify({ id, exp: NOW + 240 }), SECRET),
      "header with kid": (id) => sign(id, {}, { keyid: "1" }),
      "id with INV-": (id) => sign(`INV-${id}`),
      "iat, as by default": (id) => sign(id, {}, { noTimestamp: false }),
      "by expiresIn": (id) => jwt.sign({ id }, SECRET, { expiresIn: "5m", notBefore: 0, jwtid: "1", issuer: "x" }),
    };
    for (const [how, token] of Object.entries(tokens)) {
      genuine(`${label}: token: ${how}`, encode, { token });
    }
  }
  const order = { fields: { order_id: "Заказ" } };
  genuine("JSON: indented", (fields) => raw(JSON.stringify(fields, null, 4)), order);
  genuine("JSON: charset", (fields) => raw(JSON.stringify(fields), `${JSON_TYPE}; charset=utf-8`), order);
  genuine("JSON: quoted charset", (fields) => raw(JSON.stringify(fields), 'Application/JSON; charset="UTF-8"'), order);
  // fetch sends a string as text/plain;charset=UTF-8, and bytes without a Content-Type.
  genuine("JSON: the Content-Type of a string", (fields) => ({ body: JSON.stringify(fields) }), order);
  genuine("JSON: without Content-Type", (fields) => ({ body: Buffer.from(JSON.stringify(fields)) }), order);
  for (const type of [FORM_TYPE, `${FORM_TYPE}X`, "application/octet-stream"]) {
    genuine(`JSON: under Content-Type ${type}`, (fields) => raw(JSON.stringify(fields), type), order);
  }
  genuine("JSON: chunked", (fields) => ({ ...raw(new Blob([JSON.stringify(fields)]).stream()), duplex: "half" }), order);
  const text = (fields) => String(new URLSearchParams(entries(fields)));
  genuine("form: null by URLSearchParams", (fields) => ({ body: new URLSearchParams(fields) }), { want: { order_id: "null" } });
  genuine("form: without charset", (fields) => raw(text(fields), FORM_TYPE), order);
  genuine("form: the Content-Type of a string", (fields) => ({ body: text(fields) }), order);
  genuine("form: without Content-Type", (fields) => ({ body: Buffer.from(text(fields)) }), order);
  const escaped = (fields) => entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  genuine("form: by encodeURIComponent", (fields) => raw(escaped(fields), FORM_TYPE), { fields: { order_id: "a b+c&d=Заказ" } });
}

function forgedTokens() {
  const good = sign(FORGED_ID);
  const [header, claims, mac] = good.split(".");
  const plain = JSON.stringify({ id: FORGED_ID, exp: NOW + 240 });
  const later = JSON.stringify({ id: FORGED_ID, exp: NOW + 299 });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { kty: "oct", k: segment(OTHER_SECRET) };
  const withHeader = (names) => sign(FORGED_ID, {}, { header: names });
  return {
    "empty": "",
    "blank": " \t\n",
    "the string undefined": "undefined",
    "Bearer": `Bearer ${good}`,
    "in quotes": JSON.stringify(good),
    "padded": `${good}=`,
    "and another": `${good},${good}`,
    "2 segments": `${header}.${claims}`,
    "4 segments": `${good}.${mac}`,
    "alg none": sign(FORGED_ID, {}, { key: "", algorithm: "none" }),
    "alg none with a MAC": signByHand('{"alg":"none","typ":"JWT"}', plain),
    "alg hs256": signByHand('{"alg":"hs256"}', plain),
    "alg missing": signByHand('{"typ":"JWT"}', plain),
    "alg twice": signByHand('{"alg":"none","alg":"HS256"}', plain),
    "HS384": sign(FORGED_ID, {}, { algorithm: "HS384" }),
    "HS512": sign(FORGED_ID, {}, { algorithm: "HS512" }),
    "RS256": sign(FORGED_ID, {}, { key: privateKey, algorithm: "RS256" }),
    "PS256": sign(FORGED_ID, {}, { key: privateKey, algorithm: "PS256" }),
    "ES256": sign(FORGED_ID, {}, { key: ec.privateKey, algorithm: "ES256" }),
    "crit": withHeader({ crit: ["exp"] }),
    "b64": withHeader({ b64: true }),
    "jku": withHeader({ jku: "https://attacker.invalid/keys.json" }),
    "x5u": withHeader({ x5u: "https://attacker.invalid/chain.pem" }),
    "jwk, signed with it": sign(FORGED_ID, {}, { key: OTHER_SECRET, header: { jwk } }),
    "kid of an empty file": signByHand('{"alg":"HS256","kid":"../../dev/null"}', plain, ""),
    "typ at+jwt": withHeader({ typ: "at+jwt" }),
    "other secret": sign(FORGED_ID, {}, { key: OTHER_SECRET }),
    "super-secret": sign(FORGED_ID, {}, { key: "super-secret" }),
    "secret with a line break": sign(FORGED_ID, {}, { key: `${SECRET}\n` }),
    "SHA-512 under HS256": signByHand('{"alg":"HS256"}', plain, SECRET, "sha512"),
    "signature cut": good.slice(0, -3),
    "signature changed": `${header}.${claims}.${mac[0] === "A" ? "B" : "A"}${mac.slice(1)}`,
    "signature of another token": `${header}.${claims}.${sign("JSOTHER").split(".")[2]}`,
    "claims changed": `${header}.${segment(later)}.${mac}`,
    "expired": sign(FORGED_ID, { exp: NOW - 120 }),
    "without exp": sign(FORGED_ID, { exp: undefined }),
    "exp in a day": sign(FORGED_ID, { exp: NOW + 86_400 }),
    "exp in milliseconds": sign(FORGED_ID, { exp: (NOW + 240) * 1000 }),
    "exp as a string": signByHand('{"alg":"HS256"}', JSON.stringify({ id: FORGED_ID, exp: String(NOW + 240) })),
    "exp with a fraction": sign(FORGED_ID, { exp: NOW + 240.5 }),
    "exp null": signByHand('{"alg":"HS256"}', JSON.stringify({ id: FORGED_ID, exp: null })),
    "exp negative": sign(FORGED_ID, { exp: -1 }),
    "exp 1e400": signByHand('{"alg":"HS256"}', `{"id":"${FORGED_ID}","exp":1e400}`),
    "exp twice": signByHand('{"alg":"HS256"}', `${plain.slice(0, -1)},"exp":${NOW + 240}}`),
    "nbf in ten minutes": sign(FORGED_ID, { nbf: NOW + 600 }),
    "iat in ten minutes": sign(FORGED_ID, { iat: NOW + 600 }, { noTimestamp: false }),
    "of another invoice": sign("JSOTHER"),
    "id a number": sign(13),
    "id missing": sign(undefined),
    "id null": sign(null),
    "claims in an array": signByHand('{"alg":"HS256"}', `[${plain}]`),
    "too long": sign(FORGED_ID, { note: "x".repeat(4_000) }),
  };
}

function forgedCases() {
  forged("JSON: token missing", 401, asJson(postback({ token: undefined })));
  forged("form: token missing", 401, asForm(postback({ token: undefined })));
  forged("JSON: token null", 401, asJson(postback({ token: null })));
  forged("JSON: token in an array", 401, asJson(postback({ token: [sign(FORGED_ID)] })));
  forged("JSON: token in an object", 401, asJson(postback({ token: { token: sign(FORGED_ID) } })));
  forged("JSON: token true", 401, asJson(postback({ token: true })));
  for (const [name, token] of Object.entries(forgedTokens())) {
    forged(`JSON: token ${name}`, 401, asJson(postback({ token })));
    forged(`form: token ${name}`, 401, asForm(postback({ token })));
  }
  for (const [label, encode] of [["JSON", asJson], ["form", asForm]]) {
    for (const status of ["partial", "fail", "SUCCESS"]) {
      forged(`${label}: status ${status}`, 422, encode(postback({ status })));
    }
    for (const name of ["status", "invoice_id"]) {
      forged(`${label}: ${name} missing`, 400, encode(postback({ [name]: undefined })));
      forged(`${label}: ${name} empty`, 400, encode(postback({ [name]: "" })));
    }
    for (const amount_crypto of [-1, -1e-7, "NaN", "Infinity", "1_000", "+1", ".5", "1e400", "9".repeat(40)]) {
      const text = typeof amount_crypto === "string" ? JSON.stringify(amount_crypto) : String(amount_crypto);
      forged(`${label}: amount ${text}`, 400, encode(postback({ amount_crypto })));
    }
    for (const order_id of ["A\0B", "A\r\nB", "A\x1bB", "A\ufffdB"]) {
      forged(`${label}: order_id ${JSON.stringify(order_id)}`, 400, encode(postback({ order_id })));
    }
    forged(`${label}: order_id of 1,025 bytes`, 400, encode(postback({ order_id: "x".repeat(1_025) })));
    forged(`${label}: currency with a line break`, 400, encode(postback({ currency: "BNB\n" })));
    forged(`${label}: invoice_id with NUL`, 400, encode(postback({ invoice_id: `${FORGED_ID}\0` })));
  }
  const good = JSON.stringify(postback());
  for (const text of ["NaN", "Infinity", "1_000", "+1", ".5", "00.1"]) {
    forged(`JSON: amount ${text}, unquoted`, 400, raw(good.replace("0.000113", text)));
  }
  forged("JSON: order_id true", 400, asJson(postback({ order_id: true })));
  for (const name of ["status", "token", "tok\\u0065n", "invoice_id"]) {
    const twice = postback()[name.startsWith("tok") ? "token" : name];
    forged(`JSON: ${name} twice`, 400, raw(`${good.slice(0, -1)},"${name}":"${twice}"}`));
  }
  for (const name of ["status", "token", "invoice_id"]) {
    const form = new URLSearchParams(postback());
    form.append(name, postback()[name]);
    forged(`form: ${name} twice`, 400, { body: form });
  }
  forged("JSON: an array", 400, asJson([postback()]));
  forged("JSON: a string", 400, asJson(good));
  forged("JSON: empty", 400, raw(""));
  forged("JSON: cut off", 400, raw(good.slice(0, -1)));
  const nested = (depth, end) => raw(`${good.slice(0, -1)},"extra":${"[".repeat(depth)}${end}`);
  forged("JSON: nested 100 levels deep", 400, nested(100, `${"]".repeat(100)}}`));
  forged("JSON: nested 20,000 levels deep", 400, nested(20_000, ""));
  forged("JSON: half a surrogate pair", 400, asJson(postback({ extra: "\ud83d" })));
  const bytes = Buffer.concat([Buffer.from(`${good.slice(0, -1)},"extra":"`), Buffer.from([0xff]), Buffer.from('"}')]);
  forged("JSON: bytes that are not UTF-8", 400, raw(bytes));
  forged("JSON: a byte order mark", 400, raw(`\ufeff${good}`));
  forged("JSON: in UTF-16", 400, raw(Buffer.from(`\ufeff${good}`, "utf16le")));
  forged("JSON: in UTF-16 that says so", 415, raw(Buffer.from(good, "utf16le"), `${JSON_TYPE}; charset=utf-16le`));
  const form = String(new URLSearchParams(postback()));
  forged("form: in iso-8859-1", 415, raw(form, `${FORM_TYPE}; charset=iso-8859-1`));
  forged("form: bytes that are not UTF-8", 400, raw(`${form}&extra=%FF`, FORM_TYPE));
  forged("form: under JSON's type", 400, raw(form));
  forged("form: empty", 400, { body: new URLSearchParams() });
  forged("form: token as an array", 401, asForm(postback({ token: undefined, "token[]": sign(FORGED_ID) })));
  forged("XML", 415, raw("<status>success</status>", "text/xml"));
  const parts = new FormData();
  Object.entries(postback()).forEach(([name, value]) => parts.append(name, value));
  forged("multipart", 415, { body: parts });
  forged("gzip", 415, raw(gzipSync(good), JSON_TYPE, { "Content-Encoding": "gzip" }));
  forged("br by name only", 415, raw(good, JSON_TYPE, { "Content-Encoding": "br" }));
  forged("too large: JSON", 413, raw(good + " ".repeat(70_000)));
  forged("too large: form", 413, asForm(postback({ extra: "x".repeat(70_000) })));
  for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
    forged(`method ${method}`, 405, method === "GET" || method === "HEAD" ? {} : asJson(postback()), method);
  }
}

async function send(method, { headers = {}, ...request }) {
  try {
    const response = await fetch(URL_TO_TEST, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(30_000),
      headers: { "User-Agent": "Cryptocloud POSTBACK v2", ...headers },
      ...request,
    });
    return [response.status, await response.text()];
  } catch (error) {
    return [null, String(error.cause ?? error)];
  }
}

genuineCases();
forgedCases();
for (const { name, expect, method, request, want } of CASES) {
  const [status, response] = await send(method, request);
  console.log(JSON.stringify({ name, expect, status, response, want }));
  if (status !== expect) {
    console.error(`${name}: ${status} instead of ${expect}: ${response}`);
    process.exitCode = 1;
  }
}
