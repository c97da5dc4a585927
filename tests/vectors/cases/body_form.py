"""Form bodies under a good token."""

from urllib.parse import quote_plus

from .make import FORM, INVOICE, NOW, Vectors, claims, q, token

PAGE = "The vendor page"
NAMES = ["status", "invoice_id", "amount_crypto", "currency", "order_id", "token"]


def build():
    v = Vectors(
        "Made by generate.py, which writes forms with Python's urllib.parse and breaks them; the rules"
        " come from the vendor's page and the WHATWG URL Standard, section 5."
    )
    examples(v)
    tokens(v)
    fields(v)
    duplicates(v)
    encoding(v)
    characters(v)
    return v


def examples(v):
    v.form("the page's example as a form", f"{PAGE}: without order_id, since a form has no null.", {})
    v.form(
        "the page's table as a form",
        f"{PAGE}: its example values.",
        {"invoice_id": "89UX09KA", "order_id": "ORDER_93223"},
        invoice_id="89UX09KA",
        order_id="ORDER_93223",
        token=token(claims(id=q("89UX09KA"))),
    )
    v.form(
        "form, everything that the token does not sign is changed",
        "The token signs the invoice id and a time only, so the change cannot be detected (vendor page: claims id and exp).",
        {"order_id": "OTHER", "amount_crypto": "999999", "currency": "BTC"},
        amount_crypto="999999",
        currency="BTC",
        order_id="OTHER",
    )


def tokens(v):
    v.form("form, token missing", f"{PAGE}'s form samples never look at it.", "TokenMissing", token=None)
    for name, tail in {
        "empty": "&token=",
        "without =": "&token",
        "a space": "&token=+",
        "white space": "&token=%20%09%0D%0A",
        "as an array": f"&token[]={token()}",
        "as an encoded array": f"&token%5B%5D={token()}",
        "as an array, empty": "&token[]=",
        "in upper case": f"&TOKEN={token()}",
        "with a space in its name": f"&token+={token()}",
    }.items():
        v.form(
            f"form, token {name}",
            "The token is missing or blank; names are compared exactly.",
            "TokenMissing",
            tail=tail,
            token=None,
        )
    good = token()
    for name, text in {
        "null": "null",
        "None": "None",
        "Bearer": f"Bearer {good}",
        "in quotes": f'"{good}"',
        "twice with a comma": f"{good},{good}",
        "with + in it": f"{good[:60]} {good[60:]}".replace(".", " .", 1),
    }.items():
        v.form(f"form, token {name}", "RFC 7515 section 7.1.", "TokenMalformed", token=text)
    v.form("form, white space around the token", "The vendor page's samples trim it.", {}, token=f" {good}\r\n")
    v.form(
        "form, token percent-encoded throughout",
        "WHATWG URL section 5.1.",
        {},
        tail="&token=" + "".join(f"%{ord(c):02x}" for c in good),
        token=None,
    )
    v.form(
        "form, signed with another key",
        "RFC 7515 section 5.2.",
        "TokenSignature",
        token=token(key="another-key-of-more-than-thirty-two-bytes"),
    )
    v.form(
        "form, signed with the samples' key", "RFC 7515 section 5.2.", "TokenSignature", token=token(key="super-secret")
    )
    v.form("form, alg none", "RFC 8725 section 3.1.", "TokenAlgorithm", token=token(header='{"alg":"none"}'))
    v.form("form, expired", "RFC 7519 section 4.1.4.", "TokenExpired", token=token(claims(exp=str(NOW - 60))))
    v.form(
        "form, token valid for too long",
        f"{PAGE}: valid for 5 minutes.",
        "TokenLifetime",
        token=token(claims(exp=str(NOW + 361))),
    )
    v.form(
        "form, token of another invoice",
        "A token confirms one invoice only (an older version of the vendor page).",
        "InvoiceMismatch",
        token=token(claims(id=q("89UX09KA"))),
    )
    v.form(
        "form, claims without exp",
        f"{PAGE}: valid for 5 minutes, so each token has one.",
        "TokenClaims",
        token=token(claims(exp=None)),
    )
    v.form(
        "form, header with crit",
        "RFC 7515 section 4.1.11.",
        "TokenHeader",
        token=token(header='{"alg":"HS256","crit":["exp"]}'),
    )
    v.form("form, not valid yet", "RFC 7519 section 4.1.5.", "TokenNotYetValid", token=token(claims(nbf=str(NOW + 61))))


def fields(v):
    for name, kind, empty_kind in [("status", "MissingField", "InvalidField"), ("invoice_id", "MissingId", "MissingId")]:
        v.form(f"form, {name} missing", f"{PAGE} has it in both formats.", kind, **{name: None})
        v.form(f"form, {name} empty", f"{PAGE} shows none that is empty.", empty_kind, **{name: ""})
        v.form(f"form, {name}[] for {name}", "Names are compared exactly.", kind, tail=f"&{name}[]=A", **{name: None})
    for name in ["amount_crypto", "currency"]:
        why = "A payment confirmed by hand may have none; it is reported, not proven, so it refuses nothing."
        v.form(f"form, {name} missing", why, {name: None}, **{name: None})
        v.form(f"form, {name} empty", why, {name: None}, **{name: ""})
        tail = f"&{name}[]=A"
        v.form(f"form, {name}[] for {name}", "Names are compared exactly.", {name: None}, tail=tail, **{name: None})
    for name, order_id, expect in [
        ("empty", "", None),
        ("None", "None", "None"),
        ("null", "null", "null"),
        ("digits", "93223", "93223"),
        ("a space", " ", " "),
        ("a plus sign", "A+B", "A+B"),
        ("separators", "a&b=c;d", "a&b=c;d"),
        ("a percent sign", "100%", "100%"),
        ("quotes", "a\"b'c", "a\"b'c"),
        ("Cyrillic", "\u0417\u0430\u043a\u0430\u0437 \u211642", "\u0417\u0430\u043a\u0430\u0437 \u211642"),
        ("emoji", "\U0001f600", "\U0001f600"),
        ("a slash", "2026/01/27", "2026/01/27"),
        ("a bidi control", "A\u202eB", "A\u202eB"),
        ("1,024 bytes", "x" * 1_024, "x" * 1_024),
        ("the characters of an escape", "%41", "%41"),
    ]:
        v.form(
            f"form, order_id {name}",
            f"{PAGE}: optional, and any string of the merchant.",
            {"order_id": expect},
            order_id=order_id,
        )
    for tail, expect in {
        "&order_id": None,
        "&order_id=a=b": "a=b",
        "&order_id=a+b": "a b",
        "&order_id=a%20b": "a b",
        "&order_id=a%2Bb": "a+b",
        "&order_id=%d0%97%D0%b0": "\u0417\u0430",
        "&order_id=\u0417\u0430": "\u0417\u0430",
        "&order_id=a;token=b": "a;token=b",
        "&order_id=a%26token%3Db": "a&token=b",
        "&%6frder_id=A": "A",
        "&order%5Fid=A": "A",
        "&order_id=%zz": "%zz",
        "&order_id=%": "%",
        "&order_id=100%": "100%",
        "&order_id=%4": "%4",
        "&order_id=%%41": "%A",
        "&order_id=%2541": "%41",
    }.items():
        v.form(f"form ending in {tail}", "As WHATWG URL section 5.1 decodes it.", {"order_id": expect}, tail=tail)
    v.form(
        "form, unknown currency",
        "Codes differ between versions of the page, so an unknown one is kept.",
        {"currency": "USDT_NEW"},
        currency="USDT_NEW",
    )
    v.form("form, order_id 1,025 bytes", "No shop's order id is that long.", "InvalidField", order_id="x" * 1_025)
    v.form("form, currency of 65 bytes", "No code is that long.", "InvalidField", currency="C" * 65)
    for status in ["paid", "partial", "fail", "Success", "success "]:
        v.form(f"form, status {status}", f"{PAGE} documents success only.", "StatusRefused", status=status)
    v.form("form, invoice_id with INV-", "The vendor writes ids with and without it.", {}, invoice_id=f"INV-{INVOICE}")
    v.form(
        "form, invoice_id of a number",
        "All values of a form are strings.",
        {"invoice_id": "13"},
        invoice_id="13",
        token=token(claims(id='"13"')),
    )
    v.form("form, invoice_id of 129 bytes", "No id is that long.", "InvalidField", invoice_id="W" * 129)
    why = f"{PAGE}: invoice_info is available only in JSON, so in a form it is an unknown name."
    for tail in [
        "&invoice_info=uuid&invoice_info=created&invoice_info=address",
        "&invoice_info%5Buuid%5D=INV-ILRAJE1Q&invoice_info%5Bcurrency%5D%5Bcode%5D=BNB",
        "&invoice_info[uuid]=INV-89UX09KA",
        "&invoice_info=" + quote_plus('{"uuid":"INV-89UX09KA"}'),
        "&uuid=INV-89UX09KA&test_mode=true",
    ]:
        v.form(f"form with {tail}", why, {}, tail=tail)
    v.form("form with unknown names twice", "Unknown names are ignored.", {}, tail="&extra=1&extra=2&=&=")


def duplicates(v):
    why = "PHP takes the last value, other readers take the first, so neither is accepted."
    good = {
        "status": "success",
        "invoice_id": INVOICE,
        "amount_crypto": "0.000113",
        "currency": "BNB",
        "order_id": "A",
        "token": token(),
    }
    for name in NAMES:
        for how, tail in {
            "both alike": f"&{name}={good[name]}",
            "the second different": f"&{name}=other",
            "the second empty": f"&{name}=",
            "the second escaped": f"&{name[:-1]}%{ord(name[-1]):02X}={good[name]}",
        }.items():
            v.form(f"form, {name} twice, {how}", why, "DuplicateField", tail=tail, order_id="A")
    v.form("form, order_id twice, both empty", why, "DuplicateField", tail="&order_id=&order_id=")


def encoding(v):
    why = "It decodes to U+FFFD (WHATWG URL section 5.1), which hides what the sender wrote."
    for escapes in ["%FF", "%C0%AF", "%ED%A0%BD", "%E2%82", "%80", "%F4%90%80%80", "%EF%BF%BD"]:
        v.form(f"form, {escapes} in order_id", why, "InvalidForm", tail=f"&order_id=A{escapes}B")
        v.form(f"form, {escapes} in an unknown field", why, "InvalidForm", tail=f"&extra=A{escapes}B")
    v.form("form, %FF in an unknown name", why, "InvalidForm", tail="&%FF=1")
    v.form("form, %FF in the token", why, "InvalidForm", tail="&token=%FF", token=None)
    plain = with_tail("")
    why = "A form is UTF-8, even in a value that is skipped."
    for name, raw in {
        "a lone byte FF": b"\xff",
        "an overlong byte sequence": b"\xc0\xaf",
        "a sequence cut off": b"\xe2\x82",
    }.items():
        v.add(f"form, {name} in order_id", why, "InvalidForm", plain.encode() + b"&order_id=A" + raw, FORM)
        v.add(f"form, {name} in an unknown field", why, "InvalidForm", plain.encode() + b"&extra=A" + raw, FORM)
    v.add(
        "form in utf-16-le with a mark",
        why,
        "InvalidForm",
        "\ufeff".encode("utf-16-le") + plain.encode("utf-16-le"),
        FORM,
    )
    v.add("form in utf-16-be", "Its names do not match then.", "MissingId", plain.encode("utf-16-be"), FORM)
    v.add(
        "form after a byte order mark",
        "The mark would become part of the first name (WHATWG URL section 5.1).",
        "InvalidForm",
        "\ufeff" + plain,
        FORM,
    )
    v.add(
        "form after a byte order mark, order_id first",
        "The mark would become part of the first name, and the order would be lost silently.",
        "InvalidForm",
        f"\ufefforder_id=A&{plain}",
        FORM,
    )
    for name, body in {
        "empty": "",
        "plain text": "hello",
        "an array": "[]",
        "separators": "&&&==",
        "XML": "<a/>",
    }.items():
        v.add(f"form body is {name}", f"{PAGE}'s samples respond with this.", "MissingId", body, FORM)
    v.add(
        "form with empty pairs",
        "They are skipped (WHATWG URL section 5.1).",
        {},
        f"&&{plain.replace('&', '&&')}&",
        FORM,
    )
    v.add(
        "form with semicolons",
        "They separate nothing (WHATWG URL section 5.1).",
        "MissingId",
        plain.replace("&", ";"),
        FORM,
    )
    v.add(
        "form with 15,000 unknown fields",
        "Unknown names are ignored.",
        {},
        {"prefix": plain, "unit": "&a=b", "count": 15_000, "suffix": ""},
        FORM,
    )


def characters(v):
    why = "A database may not hold it, and a line break would forge a line in a log."
    for escape in ["%00", "%0A", "%0D%0A", "%1F", "%7F", "%C2%85"]:
        for field in ["invoice_id", "order_id", "currency", "status"]:
            v.form(f"form, {escape} in {field}", why, "InvalidField", tail=f"&{field}=A{escape}B", **{field: None})
    v.form("form, NUL in fields that are not kept", "Only ids and codes are kept.", {}, tail="&extra=%00%0A&%00=1")


def with_tail(tail):
    v = Vectors("")
    v.form("", "", {}, tail=tail)
    return v.vectors[0]["body"]
