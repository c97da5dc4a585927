"""Sends postbacks, genuine and forged, as PyJWT and requests encode them.

    CRYPTOCLOUD_SECRET_KEY=... python send.py URL

Prints one JSON line for each case, and exits with 1 if a response has an unexpected status.
"""

import base64
import gzip
import hashlib
import hmac
import json
import os
import sys
import time
import warnings
from pathlib import Path
from urllib.parse import urlencode

import jwt
import requests

SECRET = os.environ["CRYPTOCLOUD_SECRET_KEY"]
NOW = int(time.time())
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FORGED_ID = "PYFORGED"
OTHER_SECRET = "another-key-of-thirty-two-bytes-and-more"

# The example of the vendor's page, with differences that were seen in production.
INFO = json.loads(Path(__file__).with_name("invoice_info.json").read_text("utf-8"))


def sign(invoice_id, key=SECRET, algorithm="HS256", headers=None, sort_headers=True, **claims):
    """Signs a token with PyJWT. A claim that is `...` is left out."""
    claims = {"id": invoice_id, "exp": NOW + 240} | claims
    claims = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(claims, key, algorithm, headers=headers, sort_headers=sort_headers)


def sign_by_hand(header, claims, key=SECRET):
    """Signs a token that PyJWT would not make. Both parts are strings."""
    message = f"{segment(header.encode())}.{segment(claims.encode())}"
    return f"{message}.{segment(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest())}"


def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def as_json(fields):
    return {"json": fields}


def as_form(fields):
    return {"data": fields}


def as_text(content_type=JSON, text=json.dumps):
    """Encodes the body itself, instead of leaving that to requests."""
    return lambda fields: raw(text(fields), content_type)


def raw(body, content_type=JSON, **headers):
    body = body.encode() if isinstance(body, str) else body
    return {"data": body, "headers": headers | ({"Content-Type": content_type} if content_type else {})}


CASES = []


def genuine(name, encode, order_id=None, amount=0.000113, wanted_amount=None, wanted_order=..., token=sign, **fields):
    invoice_id = f"PY{len(CASES) + 1:06}"
    fields = {
        "status": "success",
        "invoice_id": invoice_id,
        "amount_crypto": amount,
        "currency": "BNB",
        "order_id": order_id,
        "token": token(invoice_id),
    } | fields
    if fields.get("invoice_info") is INFO:
        fields["invoice_info"] = fields["invoice_info"] | {"uuid": f"INV-{invoice_id}"}
    want = {
        "invoice_id": invoice_id,
        "order_id": (order_id or None) if wanted_order is ... else wanted_order,
        "amount": wanted_amount or str(amount),
        "currency": fields["currency"],
    }
    CASES.append((name, 200, "POST", encode(fields), want))


def forged(name, status, arguments, method="POST"):
    CASES.append((name, status, method, arguments, None))


def postback(token=None, **changes):
    """The fields of a forged postback; one that is `...` is left out."""
    fields = {
        "status": "success",
        "invoice_id": FORGED_ID,
        "amount_crypto": 0.000113,
        "currency": "BNB",
        "order_id": "ORDER_93223",
        "token": sign(FORGED_ID) if token is None else token,
    } | changes
    return {name: value for name, value in fields.items() if value is not ...}


def genuine_cases():
    for label, encode in [("JSON", as_json), ("form", as_form)]:
        genuine(f"{label}: the page's example", encode)
        for order_id in [
            "ORDER_93223", "", "None", "null", "0012", "Заказ №42", "注文-7", "😀👩‍🚀", "a&b=c+d%41;e",
            "\"quoted\" 'too' \\ /", " spaces ", "100%",
        ]:  # fmt: skip
            genuine(f"{label}: order_id {order_id!r}", encode, order_id)
        for amount, wanted in [
            (1e-05, "0.00001"), (1e-7, "0.0000001"), (1.13e-06, "0.00000113"), (0, "0"), (100, "100"), (102.0, "102.0"),
            (0.1 + 0.2, "0.30000000000000004"), ("0.1", "0.1"),
        ]:  # fmt: skip
            genuine(f"{label}: amount {amount!r}", encode, amount=amount, wanted_amount=wanted)
        genuine(f"{label}: unknown currency", encode, currency="USDT_NEW")
        genuine(f"{label}: unknown fields", encode, user_email="payer@example.invalid", fiat_currency="USD")
        genuine(f"{label}: invoice_info", encode, invoice_info=INFO)
        # Nothing in it is signed, so nothing in it refuses.
        genuine(f"{label}: invoice_info of another invoice", encode, invoice_info=INFO | {"uuid": "INV-PYOTHER"})
        genuine(f"{label}: order_id a number", encode, 93223, wanted_order="93223")
        genuine(f"{label}: order_id of 1,024 bytes", encode, "x" * 1_024)
        genuine(f"{label}: white space around the token", encode, token=lambda id: f" {sign(id)}\n")
        for how, token in {
            "header with typ first": lambda id: sign(id, sort_headers=False),
            "header without typ": lambda id: sign(id, headers={"typ": None}),
            "header with kid": lambda id: sign(id, headers={"kid": "1"}),
            "id with INV-": lambda id: sign(f"INV-{id}"),
            "iat, nbf and others": lambda id: sign(id, iat=NOW, nbf=NOW, jti="1", iss="x"),
            "valid for 300 s": lambda id: sign(id, exp=NOW + 300),
        }.items():
            genuine(f"{label}: token: {how}", encode, token=token)
    genuine(
        "JSON: indented, not escaped", as_text(text=lambda it: json.dumps(it, indent=4, ensure_ascii=False)), "Заказ"
    )
    genuine("JSON: charset", as_text(f"{JSON}; charset=utf-8"), "Заказ")
    genuine("JSON: quoted charset in upper case", as_text('Application/JSON; charset="UTF-8"'))
    for content_type in ["text/plain", "text/html; charset=utf-8", FORM, f"{FORM}X", "application/octet-stream", None]:
        genuine(f"JSON: under Content-Type {content_type}", as_text(content_type), "Заказ")
    genuine("form: None by urlencode", as_text(FORM, urlencode), wanted_order="None")
    genuine("form: charset", as_text(f"{FORM}; charset=UTF-8", urlencode), "Заказ")
    genuine("form: under text/plain", as_text("text/plain", urlencode), "Заказ")
    genuine("form: without Content-Type", as_text(None, urlencode), "Заказ")


def forged_tokens():
    good = sign(FORGED_ID)
    header, claims, mac = good.split(".")
    plain = json.dumps({"id": FORGED_ID, "exp": NOW + 240})
    yield "empty", ""
    yield "blank", " \t\n"
    yield "the string None", "None"
    yield "Bearer", f"Bearer {good}"
    yield "bytes literal", str(good.encode())
    yield "padded", f"{good}="
    yield "and another", f"{good},{good}"
    yield "2 segments", f"{header}.{claims}"
    yield "4 segments", f"{good}.{mac}"
    yield "alg none", sign(FORGED_ID, key=None, algorithm="none")
    yield "alg none with a MAC", sign_by_hand('{"alg":"none","typ":"JWT"}', plain)
    yield "alg hs256", sign_by_hand('{"alg":"hs256"}', plain)
    yield "alg RS256 with a MAC", sign_by_hand('{"alg":"RS256"}', plain)
    yield "alg missing", sign_by_hand('{"typ":"JWT"}', plain)
    yield "alg twice", sign_by_hand('{"alg":"none","alg":"HS256"}', plain)
    yield "HS384", sign(FORGED_ID, algorithm="HS384")
    yield "HS512", sign(FORGED_ID, algorithm="HS512")
    yield "crit", sign(FORGED_ID, headers={"crit": ["exp"]})
    yield "jku", sign(FORGED_ID, headers={"jku": "https://attacker.invalid/keys.json"})
    key = {"kty": "oct", "k": segment(OTHER_SECRET.encode())}
    yield "jwk, signed with it", sign(FORGED_ID, OTHER_SECRET, headers={"jwk": key})
    yield "kid of an empty file", sign_by_hand('{"alg":"HS256","kid":"../../dev/null"}', plain, "")
    yield "typ at+jwt", sign(FORGED_ID, headers={"typ": "at+jwt"})
    yield "other secret", sign(FORGED_ID, OTHER_SECRET)
    yield "super-secret", sign(FORGED_ID, "super-secret")
    yield "secret with a line break", sign(FORGED_ID, f"{SECRET}\n")
    yield "signature cut", good[:-3]
    yield "signature changed", f"{header}.{claims}.{('B' if mac[0] == 'A' else 'A') + mac[1:]}"
    yield "signature of another token", f"{header}.{claims}.{sign('PYOTHER').rsplit('.', 1)[1]}"
    yield "claims changed", f"{header}.{segment(plain.encode())}.{mac}"
    yield "expired", sign(FORGED_ID, exp=NOW - 120)
    yield "without exp", sign(FORGED_ID, exp=...)
    yield "exp in a day", sign(FORGED_ID, exp=NOW + 86_400)
    yield "exp in milliseconds", sign(FORGED_ID, exp=(NOW + 240) * 1000)
    yield "exp as a string", sign(FORGED_ID, exp=str(NOW + 240))
    yield "exp with a fraction", sign(FORGED_ID, exp=NOW + 240.5)
    yield "exp null", sign(FORGED_ID, exp=None)
    yield "exp 1e400", sign_by_hand('{"alg":"HS256"}', f'{{"id":"{FORGED_ID}","exp":1e400}}')
    yield "exp twice", sign_by_hand('{"alg":"HS256"}', f'{plain[:-1]},"exp":{NOW + 240}}}')
    yield "nbf in ten minutes", sign(FORGED_ID, nbf=NOW + 600)
    yield "iat in ten minutes", sign(FORGED_ID, iat=NOW + 600)
    yield "of another invoice", sign("PYOTHER")
    yield "id a number", sign(13)
    yield "id missing", sign(...)
    yield "id null", sign(None)
    yield "claims in an array", sign_by_hand('{"alg":"HS256"}', f"[{plain}]")
    yield "too long", sign(FORGED_ID, note="x" * 4_000)


def forged_cases():
    forged("JSON: token missing", 401, as_json(postback(token=...)))
    forged("form: token missing", 401, as_form(postback(token=...)))
    forged("JSON: token null", 401, raw(json.dumps(postback() | {"token": None})))
    forged("JSON: token in an array", 401, as_json(postback(token=[sign(FORGED_ID)])))
    forged("JSON: token in an object", 401, as_json(postback(token={"token": sign(FORGED_ID)})))
    forged("JSON: token a number", 401, as_json(postback(token=13)))
    for name, token in forged_tokens():
        forged(f"JSON: token {name}", 401, as_json(postback(token)))
        forged(f"form: token {name}", 401, as_form(postback(token)))
    for label, encode in [("JSON", as_json), ("form", as_form)]:
        for status in ["partial", "fail", "SUCCESS"]:
            forged(f"{label}: status {status}", 422, encode(postback(status=status)))
        for name in ["status", "invoice_id"]:
            forged(f"{label}: {name} missing", 400, encode(postback(**{name: ...})))
            forged(f"{label}: {name} empty", 400, encode(postback(**{name: ""})))
        for amount in [-1, -1e-05, "1_000", "+1", ".5", "1e400", "9" * 40]:
            forged(f"{label}: amount {amount}", 400, encode(postback(amount_crypto=amount)))
        for order_id in ["A\0B", "A\r\nB", "A\x1bB", "A\ufffdB"]:
            forged(f"{label}: order_id {order_id!r}", 400, encode(postback(order_id=order_id)))
        forged(f"{label}: order_id of 1,025 bytes", 400, encode(postback(order_id="x" * 1_025)))
        forged(f"{label}: currency with a line break", 400, encode(postback(currency="BNB\n")))
        forged(f"{label}: invoice_id with NUL", 400, encode(postback(invoice_id=f"{FORGED_ID}\0")))
    for text in ["NaN", "Infinity", "1_000", "+1", ".5", "00.1"]:
        forged(f"JSON: amount {text}, unquoted", 400, raw(json.dumps(postback()).replace("0.000113", text)))
    forged("form: amount nan", 400, as_form(postback(amount_crypto=float("nan"))))
    forged("JSON: order_id true", 400, as_json(postback(order_id=True)))
    good = json.dumps(postback())
    for name in ["status", "token", r"tok\u0065n", "invoice_id"]:
        twice = postback()["token" if name.startswith("tok") else name]
        forged(f"JSON: {name} twice", 400, raw(f'{good[:-1]},"{name}":"{twice}"}}'))
    for name in ["status", "token", "invoice_id"]:
        forged(f"form: {name} twice", 400, as_form([*postback().items(), (name, postback()[name])]))
    forged("JSON: an array", 400, as_json([postback()]))
    forged("JSON: a string", 400, as_json(good))
    forged("JSON: empty", 400, raw(b""))
    forged("JSON: cut off", 400, raw(good[:-1]))
    forged("JSON: nested 100 levels deep", 400, raw(f'{good[:-1]},"extra":{"[" * 100}{"]" * 100}}}'))
    forged("JSON: nested 20,000 levels deep", 400, raw(f'{good[:-1]},"extra":{"[" * 20_000}'))
    forged("JSON: half a surrogate pair", 400, as_json(postback(extra="\ud83d")))
    forged("JSON: bytes that are not UTF-8", 400, raw(good[:-1].encode() + b',"extra":"\xff"}'))
    forged("JSON: a byte order mark", 400, raw(f"\ufeff{good}"))
    forged("JSON: in UTF-16", 400, raw(good.encode("utf-16")))
    forged("JSON: in UTF-16 that says so", 415, raw(good.encode("utf-16"), f"{JSON}; charset=utf-16"))
    forged("form: in windows-1251", 415, raw(urlencode(postback(), encoding="cp1251"), f"{FORM}; charset=windows-1251"))
    forged("form: bytes that are not UTF-8", 400, raw(f"{urlencode(postback())}&extra=%FF", FORM))
    forged("form: under JSON's type", 400, raw(urlencode(postback()), JSON))
    forged("form: empty", 400, raw(b"", FORM))
    forged("form: token as an array", 401, as_form(postback(token=...) | {"token[]": sign(FORGED_ID)}))
    forged("XML", 415, raw("<status>success</status>", "text/xml"))
    forged("multipart", 415, {"files": {name: (None, str(value)) for name, value in postback().items()}})
    forged("gzip", 415, raw(gzip.compress(good.encode()), **{"Content-Encoding": "gzip"}))
    forged("gzip by name only", 415, raw(good, **{"Content-Encoding": "gzip"}))
    forged("too large: JSON", 413, raw(good + " " * 70_000))
    forged("too large: form", 413, as_form(postback(extra="x" * 70_000)))
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"]:
        forged(f"method {method}", 405, {} if method in ("GET", "HEAD") else as_json(postback()), method)


def send(session, url, method, arguments):
    try:
        response = session.request(method, url, allow_redirects=False, timeout=30, **arguments)
    except requests.RequestException as error:
        return None, type(error).__name__
    return response.status_code, response.text


def main(url):
    # PyJWT warns about short keys, which are used on purpose here.
    warnings.simplefilter("ignore")
    genuine_cases()
    forged_cases()
    session = requests.Session()
    session.headers["User-Agent"] = "Cryptocloud POSTBACK v2"
    failures = 0
    for name, expect, method, arguments, want in CASES:
        status, body = send(session, url, method, arguments)
        print(json.dumps({"name": name, "expect": expect, "status": status, "response": body, "want": want}))
        if status != expect:
            failures += 1
            print(f"{name}: {status} instead of {expect}: {body}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: CRYPTOCLOUD_SECRET_KEY=... python send.py URL")
    sys.exit(main(sys.argv[1]))
