"""The token's place, shape and MAC."""

import hashlib
import json

from .make import (
    HEADER,
    KEY,
    NOW,
    RFC_7515_A1,
    Vectors,
    b64,
    claims,
    mac,
    q,
    sign,
    to_standard,
    token,
    with_trailing_bit,
)

SAMPLES = "The vendor page's samples"


def build():
    v = Vectors(
        "Made by generate.py, which signs with Python's hmac module; the rules come from the"
        " vendor's page, RFC 7515, RFC 7519 and RFC 8725."
    )
    presence(v)
    white_space(v)
    shape(v)
    base64url(v)
    signature(v)
    keys(v)
    return v


def presence(v):
    v.json("token missing", f"{SAMPLES} let it pass, which bypasses everything.", "TokenMissing", token=None)
    for value in ["null", '""', '"   "', r'"\t\r\n\f"']:
        v.json(f"token {value}", f"{SAMPLES} let it pass, which bypasses everything.", "TokenMissing", token=value)
    good = token()
    for name, value in {
        "a number": "13",
        "true": "true",
        "false": "false",
        "an array of a good token": f"[{q(good)}]",
        "an object with a good token": '{"token":' + q(good) + "}",
        "a JWS in JSON serialization": jws_json(good),
    }.items():
        v.json(f"token is {name}", "The vendor page says string.", "TokenMissing", token=value)
    v.json(
        "token is spelled Token",
        "Names in JSON are compared exactly (RFC 8259 section 8.3).",
        "TokenMissing",
        tail=',"Token":' + q(good),
        token=None,
    )
    for value in ["null", "None", "undefined", "false", "13"]:
        v.token(f"token is the string {value}", "Not a JWS (RFC 7515 section 7.1).", "TokenMalformed", value)


def white_space(v):
    good = token()
    for name, text in {
        "spaces": f"  {good}  ",
        "a line break after it": f"{good}\r\n",
        "tab, line feed, form feed and carriage return": f"\t\n\f\r{good}\r\f\n\t",
    }.items():
        v.token(f"white space around: {name}", f"{SAMPLES} trim it.", {}, text)
    for name, text in {
        "a vertical tab": f"\v{good}",
        "a no-break space": f"{good}\u00a0",
        "an ideographic space": f"\u3000{good}",
        "a byte order mark": f"\ufeff{good}",
        "NUL": f"{good}\0",
    }.items():
        v.token(
            f"no white space around: {name}",
            "Not ASCII white space, which alone is trimmed (WHATWG Infra section 4.6).",
            "TokenMalformed",
            text,
        )
    header, payload, end = good.split(".")
    why = "Base64url has neither spaces nor line breaks (RFC 7515 section 2); the MAC is valid."
    for name, text in {
        "in the header": sign(f"{header[:9]} {header[9:]}", payload),
        "after the header": sign(f"{header} ", payload),
        "in the claims": sign(header, f"{payload[:9]}\n{payload[9:]}"),
        "before the claims": sign(header, f"\t{payload}"),
    }.items():
        v.token(f"white space {name}", why, "TokenMalformed", text)
    v.token("white space in the signature", why, "TokenMalformed", f"{header}.{payload}.{end[:9]}\r\n {end[9:]}")
    for name, text in {
        "Bearer before": f"Bearer {good}",
        "JWT before": f"JWT {good}",
        "double quotes around": f'"{good}"',
        "single quotes around": f"'{good}'",
        "a Python bytes literal": f"b'{good}'",
        "angle brackets around": f"<{good}>",
        "a comma after": f"{good},",
        "percent-encoded": good.replace(".", "%2E"),
        "twice with a comma": f"{good},{good}",
    }.items():
        v.token(
            name,
            'The vendor page: a raw JWT string (no "Bearer " prefix). Only white space is trimmed.',
            "TokenMalformed",
            text,
        )


def shape(v):
    good = token()
    header, payload, end = good.split(".")
    for name, text in {
        "one segment": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
        "two segments": f"{header}.{payload}",
        "four segments": f"{good}.{end}",
        "four segments, last empty": f"{good}.",
        "four segments, first empty": f".{good}",
        "four segments signed as three": sign(header, f"{payload}.{payload}"),
        "empty header": f".{payload}.{end}",
        "empty claims": sign(header, ""),
        "empty signature": f"{header}.{payload}.",
        "empty header, signed": sign("", payload),
        "dots only": "..",
        "one dot": ".",
        "dots of another script": good.replace(".", "\u3002"),
        "JSON serialization as a string": jws_json(good),
        "general JSON serialization as a string": json.dumps(
            {"payload": payload, "signatures": [{"protected": header, "signature": end}]}
        ),
    }.items():
        v.token(name, "A compact JWS has three segments (RFC 7515 section 7.1).", "TokenMalformed", text)
    jwe = b64('{"alg":"dir","enc":"A128CBC-HS256"}')
    v.token(
        "a JWE",
        "Five segments are a JWE (RFC 7516 section 7.1), which the vendor does not send.",
        "TokenMalformed",
        f"{jwe}..{b64(b'0' * 16)}.{payload}.{b64(b'1' * 16)}",
    )
    v.token(
        "a JWE cut to three segments",
        "Its alg is not HS256 (RFC 8725 section 3.1).",
        "TokenAlgorithm",
        sign(jwe, payload),
    )
    for length, expect in [(2_048, {}), (2_049, "TokenMalformed")]:
        v.token(
            f"{length} bytes long",
            "At most 2,048 bytes are accepted; the vendor's tokens have about 120 (vendor page).",
            expect,
            token_of_length(length),
        )
    prefix, suffix = '{"status":"success","invoice_id":"ILRAJE1Q","amount_crypto":1,"currency":"BNB","token":"', '"}'
    v.add(
        "60,000 bytes long",
        "At most 2,048 bytes are accepted; the vendor's tokens have about 120 (vendor page).",
        "TokenMalformed",
        {"prefix": f"{prefix}{header}.", "unit": "A", "count": 60_000, "suffix": f".{end}{suffix}"},
        "application/json",
    )


def base64url(v):
    why = "Base64url without padding in its one canonical spelling (RFC 7515 section 2, RFC 4648 section 3.5); the MAC is valid."
    good = token()
    header, payload, end = good.split(".")
    assert len(payload) % 4 == 2, payload
    for name, text in {
        "padding after the claims": sign(header, f"{payload}=="),
        "padding after the header": sign(b64('{"alg":"HS256"} ') + "==", payload),
        "padding after the signature": f"{good}=",
        "trailing bits in the claims": sign(header, with_trailing_bit(payload)),
        "trailing bits in the header": sign(with_trailing_bit(b64('{"alg":"HS256"} ')), payload),
        "trailing bits in the signature": f"{header}.{payload}.{with_trailing_bit(end)}",
        "one character too many": sign(b64('{"alg":"HS256"}') + "A", payload),
        "non-ASCII in the claims": sign(header, f"{payload}\u00e9"),
        "non-ASCII in the header": sign(f"{header}\u0430", payload),
        "non-ASCII in the signature": f"{header}.{payload}.\u0435{end[1:]}",
        "percent in the signature": f"{header}.{payload}.%{end[1:]}",
    }.items():
        v.token(name, why, "TokenMalformed", text)
    special = b64('{"alg":"HS256","kid":"\u00ff\u00fe>?~\u0434\u0436"}')
    v.token("- and _ in the header", "Both belong to the alphabet of RFC 4648 section 5.", {}, sign(special, payload))
    v.token("+ and / in the header", why, "TokenMalformed", sign(to_standard(special), payload))
    special = b64(claims(note=q("\u00ff\u00fe>?~\u0434\u0436")))
    v.token("- and _ in the claims", "Both belong to the alphabet of RFC 4648 section 5.", {}, sign(header, special))
    v.token("+ and / in the claims", why, "TokenMalformed", sign(header, to_standard(special)))
    numbers = (token(claims(jti=str(number))) for number in range(1_000))
    special = next(text for text in numbers if {"-", "_"} <= set(text.rsplit(".")[2]))
    signing_input, end = special.rsplit(".", 1)
    v.token("- and _ in the signature", "Both belong to the alphabet of RFC 4648 section 5.", {}, special)
    v.token("+ and / in the signature", why, "TokenMalformed", f"{signing_input}.{to_standard(end)}")


def signature(v):
    header, payload, _ = token().split(".")
    message = f"{header}.{payload}"
    right = mac(message)
    why = "RFC 7515 section 5.2: the MAC over header and claims must be valid."
    other_claims = b64(claims(id=q("89UX09KA")))
    for name, value in {
        "one bit off at its start": bytes([right[0] ^ 0x80]) + right[1:],
        "one bit off at its end": right[:-1] + bytes([right[-1] ^ 1]),
        "one byte shorter": right[:-1],
        "first byte cut off": right[1:],
        "cut to 128 bits": right[:16],
        "one byte": right[:1],
        "one byte longer": right + b"\0",
        "twice": right + right,
        "all zero": bytes(32),
        "all ones": b"\xff" * 32,
        "hexadecimal": right.hex(),
        "of another key": mac(message, "another-key-of-more-than-thirty-two-bytes"),
        "of the samples' key": mac(message, "super-secret"),
        "of the empty key": mac(message, ""),
        "of the key with a line break": mac(message, f"{KEY}\n"),
        "of the key in upper case": mac(message, KEY.upper()),
        "of the key in base64url": mac(message, b64(KEY)),
        "of the key cut to 32 bytes": mac(message, KEY[:32]),
        "of a key of one letter": mac(message, "b" * 32),
        "by SHA-384": mac(message, digest="sha384"),
        "by SHA-512, cut to 32 bytes": mac(message, digest="sha512")[:32],
        "of the claims alone": mac(payload),
        "of the header alone": mac(header),
        "of the decoded claims": mac(claims()),
        "of the message with a dot at its end": mac(f"{message}."),
        "a bare hash": hashlib.sha256(message.encode()).digest(),
        "a hash of key and message": hashlib.sha256((KEY + message).encode()).digest(),
        "of other claims": mac(f"{header}.{other_claims}"),
        "of another header": mac(f"{b64('{}')}.{payload}"),
    }.items():
        v.token(f"signature {name}", why, "TokenSignature", f"{message}.{b64(value)}")
    in_hex = f"{message}.{right.hex()}"
    v.token("signature in hex digits", why, "TokenSignature", in_hex)
    v.token("the token of RFC 7515 A.1", f"{why} Its key belongs to no project.", "TokenSignature", RFC_7515_A1)
    v.token(
        "claims changed after signing",
        why,
        "TokenSignature",
        f"{header}.{b64(claims(exp=str(NOW + 299)))}.{b64(right)}",
    )
    v.token(
        "header changed after signing",
        why,
        "TokenSignature",
        f"{b64('{' + HEADER[1:-1] + ' }')}.{payload}.{b64(right)}",
    )
    v.token(
        "claims are garbage and nothing is signed",
        "RFC 7515 section 5.2: claims are not read before the MAC is valid.",
        "TokenSignature",
        f"{header}.{b64('garbage')}.{b64(bytes(32))}",
    )
    v.token(
        "claims are not base64url and nothing is signed",
        "RFC 7515 section 5.2: claims are not read before the MAC is valid.",
        "TokenSignature",
        f"{header}.!!!!.{b64(bytes(32))}",
    )
    v.token(
        "the token printed on the vendor page",
        "Its header is damaged on the page, so it is refused.",
        "TokenHeader",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIAcI1NiJ9.eyJpZCI6MTMsImV4cCI6MTYzMTc4NjQyNn0"
        ".HQavV3z8dFnk56bX3MSY5X9lR6qVa9YhAoeTEHkaAzs",
    )


def keys(v):
    own = {
        "of 32 bytes": "a" * 32,
        "of 64 bytes, the block of SHA-256": "0123456789abcdef" * 4,
        "of 65 bytes, which HMAC hashes": "0123456789abcdef" * 4 + "g",
        "of 200 bytes": "0123456789" * 20,
        "that is not ASCII": "\u043d\u0435-\u043d\u0430\u0441\u0442\u043e\u044f\u0449\u0438\u0439-\u043a\u043b\u044e\u0447",
        "with a space, a dot and quotes within": """not a "real" key. It's for tests of keys""",
        "of hex digits": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "of base64": "bm90LWEtcmVhbC1rZXktb25seS1mb3ItdGVzdHM=",
    }
    for name, key in own.items():
        v.token(
            f"key {name}",
            "The HMAC key is the UTF-8 bytes of the SECRET KEY, undecoded (vendor page, RFC 2104 section 2).",
            {},
            token(key=key),
            key=key,
        )
    for name, decoded in {
        "of hex digits": bytes.fromhex(own["of hex digits"]),
        "of base64": b"not-a-real-key-only-for-tests",
    }.items():
        v.token(
            f"key {name}, decoded by the signer",
            "The key is never decoded (vendor page's samples).",
            "TokenSignature",
            token(key=decoded),
            key=own[name],
        )
    new, old = "the-new-key-of-a-project-not-a-real-one", "the-old-key-of-a-project-not-a-real-one"
    why = "While a key is replaced, the old one and the new one are both valid."
    v.token("two keys, the first signed", why, {}, token(key=new), keys=[new, old])
    v.token("two keys, the second signed", why, {}, token(key=old), keys=[new, old])
    v.token("two keys, a third signed", why, "TokenSignature", token(), keys=[new, old])
    four = [new, f"{new}-2", f"{new}-3", old]
    v.token("four keys, the last signed", why, {}, token(key=old), keys=four)
    v.token("four keys, a fifth signed", why, "TokenSignature", token(), keys=four)
    v.token("two keys, expired", why, "TokenExpired", token(claims(exp=str(NOW - 60)), key=old), keys=[new, old])


def jws_json(compact):
    header, payload, end = compact.split(".")
    return json.dumps({"protected": header, "payload": payload, "signature": end})


def token_of_length(length):
    rest = length - len(f"{b64(HEADER)}..{b64(bytes(32))}")
    padding = next(n for n in range(length) if len(b64(claims(note=q("x" * n)))) == rest)
    return token(claims(note=q("x" * padding)))
