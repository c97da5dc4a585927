"""The claims of tokens with a valid MAC."""

from .make import INVOICE, NOW, Vectors, b64, claims, nested, q, token

U64_MAX = 2**64 - 1


def build():
    v = Vectors(
        "Made by generate.py, which signs with Python's hmac module; the rules come from the"
        " vendor's page, RFC 7519 and RFC 8725."
    )
    text(v)
    expiry(v)
    other_times(v)
    invoice(v)
    return v


def signed(v, name, why, expect, claims_text, fields=None, **more):
    v.json(name, why, expect, token=q(token(claims_text)), more=more, **fields or {})


def text(v):
    good = claims()
    for name, claims_text in {
        "in the vendor's order": good,
        "in the other order": f'{{"exp":{NOW + 240},"id":"{INVOICE}"}}',
        "with white space": f' {{\r\n\t"id" : "{INVOICE}" , "exp" : {NOW + 240} }} \n',
        "with escapes": f'{{"\\u0069d":"\\u0049LRAJE1Q","exp":{NOW + 240}}}',
        "with unknown ones": claims(iss=q("CryptoCloud"), sub="null", jti="[1]", amount="1e400"),
        "with a surrogate pair": claims(note=r'"\ud83d\ude00"'),
        "with an unknown one 32 levels deep": claims(note=nested(31)),
    }.items():
        signed(v, f"claims {name}", "RFC 7519 section 4: unknown claims are ignored.", {}, claims_text)
    for name, claims_text in {
        "are an array": f"[{good}]",
        "are a string": q(good),
        "are a number": "13",
        "are null": "null",
        "are true": "true",
        "are empty": "{}",
        "are white space": " ",
        "are cut off": good[:-1],
        "have a letter after them": f"{good}x",
        "have a brace after them": f"{good}}}",
        "have NUL after them": f"{good}\0",
        "are two objects": f"{good}{good}",
        "have a trailing comma": f"{good[:-1]},}}",
        "have a comment": f"{good[:-1]}/**/}}",
        "have single quotes": good.replace('"', "'"),
        "have a byte order mark": f"\ufeff{good}",
        "have a raw line break in a string": claims(note='"\n"'),
        "are not UTF-8": claims(note='"?"').encode().replace(b"?", b"\xff"),
        "have an overlong byte sequence": claims(note='"?"').encode().replace(b"?", b"\xc0\xaf"),
        "are UTF-16": good.encode("utf-16"),
        "have half a surrogate pair": claims(note=r'"\ud83d"'),
        "are 33 levels deep": claims(note=nested(32)),
        "are in base64url once more": b64(good),
    }.items():
        signed(
            v,
            f"claims {name}",
            "RFC 7519 section 7.2: one UTF-8 JSON object and nothing after it, at most 32 levels deep.",
            "TokenClaims",
            claims_text,
        )
    for name, tail in {
        "exp": f'"exp":{NOW + 240}',
        "exp, the second past": '"exp":1',
        "id": f'"id":"{INVOICE}"',
        "id, the second of another invoice": '"id":"89UX09KA"',
        "id, the second escaped": r'"\u0069d":"89UX09KA"',
    }.items():
        signed(
            v,
            f"claim twice: {name}",
            "RFC 7519 section 4: names must be unique.",
            "TokenClaims",
            f"{good[:-1]},{tail}}}",
        )
    for name, twice in {
        "nbf": '"nbf":1,"nbf":1',
        "iat": '"iat":1,"iat":1',
        "an unknown one": '"jti":1,"jti":1',
        "an unknown one, escaped": r'"jti":1,"\u006ati":1',
    }.items():
        signed(
            v,
            f"claim twice: {name}",
            "RFC 7519 section 4: names must be unique.",
            "TokenClaims",
            f"{good[:-1]},{twice}}}",
        )


def expiry(v):
    why = "RFC 7519 section 4.1.4, with 60 s of leeway; the vendor page says 5 minutes."
    for name, exp, expect in [
        ("59 s ago", NOW - 59, {}),
        ("60 s ago", NOW - 60, "TokenExpired"),
        ("61 s ago", NOW - 61, "TokenExpired"),
        ("an hour ago", NOW - 3_600, "TokenExpired"),
        ("in 2021, as in the page's token", 1_631_786_426, "TokenExpired"),
        ("in 1970", 0, "TokenExpired"),
        ("a second ago", NOW - 1, {}),
        ("now", NOW, {}),
        ("in 1 s", NOW + 1, {}),
        ("in 60 s", NOW + 60, {}),
        ("in 299 s", NOW + 299, {}),
        ("in 300 s", NOW + 300, {}),
        ("in 301 s", NOW + 301, {}),
        ("in 360 s", NOW + 360, {}),
        ("in 361 s", NOW + 361, "TokenLifetime"),
        ("in a day", NOW + 86_400, "TokenLifetime"),
        ("in milliseconds", (NOW + 240) * 1_000, "TokenLifetime"),
        ("at 2^53", 2**53, "TokenLifetime"),
        ("at the end of i64", 2**63 - 1, "TokenLifetime"),
        ("past the end of i64", 2**63, "TokenLifetime"),
        ("at the end of u64", U64_MAX, "TokenLifetime"),
    ]:
        signed(v, f"exp {name}", why, expect, claims(exp=str(exp)))
    for exp, expect in [(0, {}), (360, {}), (361, "TokenLifetime")]:
        signed(
            v,
            f"exp {exp} in the first second of 1970",
            "With the leeway the window begins before 1970.",
            expect,
            claims(exp=str(exp)),
            now=0,
        )
    signed(v, "exp 0 a minute after 1970", why, "TokenExpired", claims(exp="0"), now=60)
    good = NOW + 240
    for exp in [
        "null",
        f'"{good}"',
        '""',
        "true",
        "false",
        f"{good}.0",
        f"{good}.5",
        f"{good}e0",
        "1.76951e9",
        "-1",
        "-0",
        "1e400",
        str(U64_MAX + 1),
        f"-{good}",
        "9" * 40,
        f"[{good}]",
        "{}",
        f"0{good}",
        "NaN",
        "Infinity",
        f"+{good}",
        "0x7fffffff",
        '"2026-01-27T10:27:20Z"',
    ]:
        signed(
            v,
            f"exp {exp}",
            "Whole seconds since 1970 (RFC 7519 section 2), at most u64::MAX.",
            "TokenClaims",
            claims(exp=exp),
        )
    signed(
        v,
        "exp missing",
        "The vendor page: valid for 5 minutes, so each token has one.",
        "TokenClaims",
        claims(exp=None),
    )
    signed(
        v,
        "exp spelled EXP",
        "RFC 7519 section 4: names are case-sensitive.",
        "TokenClaims",
        claims(exp=None, EXP=str(good)),
    )


def other_times(v):
    for name, section in [("nbf", "4.1.5"), ("iat", "4.1.6")]:
        why = f"RFC 7519 section {section}, with 60 s of leeway."
        for when, time, expect in [
            ("in 1970", 0, {}),
            ("a minute ago", NOW - 60, {}),
            ("now", NOW, {}),
            ("in 60 s", NOW + 60, {}),
            ("in 61 s", NOW + 61, "TokenNotYetValid"),
            ("in a day", NOW + 86_400, "TokenNotYetValid"),
            ("at the end of u64", U64_MAX, "TokenNotYetValid"),
        ]:
            signed(v, f"{name} {when}", why, expect, claims(**{name: str(time)}))
        for value in ["null", f'"{NOW}"', "true", "-1", "1e400", str(U64_MAX + 1), f"[{NOW}]", "{}"]:
            signed(
                v,
                f"{name} {value}",
                "Whole seconds since 1970 (RFC 7519 section 2), at most u64::MAX.",
                "TokenClaims",
                claims(**{name: value}),
            )
    signed(
        v,
        "iat and nbf as a usual signer writes them",
        "RFC 7519 section 4.1.",
        {},
        claims(iat=str(NOW - 1), nbf=str(NOW - 1)),
    )
    signed(
        v, "expired and not yet valid", "RFC 7519 section 4.1.4.", "TokenExpired", claims(exp="1", nbf=str(NOW + 900))
    )


def invoice(v):
    why = "The vendor adds the invoice's id to the token (an older version of its page), so a token confirms no other invoice."
    signed(v, "id missing", why, "InvoiceMismatch", claims(id=None))
    for value in [
        "null",
        '""',
        '" "',
        "13",
        "0",
        "true",
        "false",
        f'["{INVOICE}"]',
        f'{{"id":"{INVOICE}"}}',
        '"89UX09KA"',
        '"INV-89UX09KA"',
        '"INV-"',
        '"ilraje1q"',
        f'"inv-{INVOICE}"',
        f'"INV-INV-{INVOICE}"',
        f'"INV{INVOICE}"',
        f'"INV_{INVOICE}"',
        f'"{INVOICE[:-1]}"',
        f'"{INVOICE}Q"',
        f'" {INVOICE}"',
        f'"{INVOICE} "',
        f'"{INVOICE}\\u0000"',
        f'"{INVOICE}\\n"',
        f'"{INVOICE},89UX09KA"',
        '"*"',
        '"%"',
        '"\u0406LRAJE1Q"',
    ]:
        signed(v, f"id {value}", why, "InvoiceMismatch", claims(id=value))
    for name in ["ID", "uuid", "invoice_id", "jti", "sub"]:
        signed(v, f"{name} instead of id", why, "InvoiceMismatch", claims(id=None, **{name: q(INVOICE)}))
    signed(
        v,
        "id of another invoice, expired",
        "The expiry is checked before the invoice (RFC 7519 section 4.1.4).",
        "TokenExpired",
        claims(id=q("89UX09KA"), exp="1"),
    )
    why = "The vendor writes ids with and without the prefix INV- (vendor page)."
    prefixed = q(f"INV-{INVOICE}")
    signed(v, "id with INV-", why, {}, claims(id=prefixed))
    signed(v, "id with INV-, body too", why, {}, claims(id=prefixed), {"invoice_id": prefixed})
    signed(v, "id without INV-, body with it", why, {}, claims(), {"invoice_id": prefixed})
    for name, token_id, body_id, expect in [
        ("13 as a string in both", '"13"', "13", {"invoice_id": "13"}),
        ("13 as a number for the string 13", "13", "13", "InvoiceMismatch"),
        ("013 for 13", '"013"', "13", "InvoiceMismatch"),
        ("1e1 for 10", '"1e1"', "10", "InvoiceMismatch"),
        ("null as a string for the string null", '"null"', "null", {"invoice_id": "null"}),
        ("null for the string null", "null", "null", "InvoiceMismatch"),
        ("of a static wallet", q("S7K2M9Q4" * 4), "S7K2M9Q4" * 4, {"invoice_id": "S7K2M9Q4" * 4}),
        ("of 64 characters", q("W" * 64), "W" * 64, {"invoice_id": "W" * 64}),
        (
            "that is not ASCII",
            q("\u0441\u0447\u0451\u0442-1"),
            "\u0441\u0447\u0451\u0442-1",
            {"invoice_id": "\u0441\u0447\u0451\u0442-1"},
        ),
        ("composed for decomposed", q("caf\u00e9"), "cafe\u0301", "InvoiceMismatch"),
        ("cut at 64 characters", q("W" * 64), "W" * 65, "InvoiceMismatch"),
    ]:
        signed(
            v,
            f"id {name}",
            "Ids are opaque strings, compared byte for byte (vendor page).",
            expect,
            claims(id=token_id),
            {"invoice_id": q(body_id)},
        )
