"""The fields of JSON bodies under a good token."""

import json

from .make import INVOICE, JSON, Vectors, claims, json_object, q, token

PAGE = "The vendor page"
# `invoice_info` with all names of the vendor's example, and values of the same types.
INFO = {
    "uuid": "INV-ILRAJE1Q",
    "created": "2026-01-27 10:20:04.222439",
    "address": "0x00000000000000000000000000000000000000aa",
    "currency": {
        "id": 20,
        "code": "BNB",
        "fullcode": "BNB",
        "network": {"code": "BSC", "id": 20, "icon": "https://example.invalid/BSC.svg", "fullname": "BNB Smart Chain"},
        "name": "BNB",
        "is_email_required": False,
        "stablecoin": False,
        "icon_base": "https://example.invalid/BNB.svg",
        "icon_network": "https://example.invalid/BNB.svg",
        "icon_qr": "https://example.invalid/BNB_STROKE.svg",
        "order": 13,
    },
    "date_finished": "2026-01-01 10:23:14.000940",
    "expiry_date": "2026-01-02 10:20:04.197389",
    "side_commission": "client",
    "type_payments": "crypto",
    "amount": 0.000113,
    "amount_": 0.000113,
    "status": "paid",
    "invoice_status": "success",
    "is_email_required": False,
    "project": {
        "id": 1,
        "name": "Test",
        "fail": "https://example.invalid/failed",
        "success": "https://example.invalid/successful",
        "logo": "",
    },
    "tx_list": ["0x00000000000000000000000000000000000000000000000000000000000000bb"],
    "amount_in_crypto": None,
    "amount_in_fiat": 0.1,
    "amount_usd": 0.1,
    "amount_to_pay": 0.000113,
    "amount_to_pay_usd": 0.1,
    "amount_paid": 0.000113,
    "amount_paid_usd": 0.1,
    "fee": 0,
    "fee_usd": 0,
    "service_fee": 0.000002,
    "service_fee_usd": 0,
    "received": 0.000111,
    "received_usd": 0.1,
    "to_surcharge": 0,
    "to_surcharge_usd": 0,
    "total_rub": 0,
    "step": 3,
    "test_mode": False,
    "type": "up",
    "aml_enabled": False,
    "aml_side": "merchant",
    "aml_checks": [],
    "links_invoice": None,
}
NAMES = ["status", "invoice_id", "amount_crypto", "currency", "order_id", "token", "invoice_info"]


def build():
    v = Vectors(
        "Made by generate.py, which writes bodies like the vendor page's example and changes their"
        " fields; the rules come from that page and from RFC 8259."
    )
    examples(v)
    invoice_info(v)
    live_payments(v)
    fields(v)
    duplicates(v)
    return v


def examples(v):
    v.json("the page's example", f"{PAGE}: invoice_info in full, order_id null.", {}, invoice_info=json.dumps(INFO))
    page = {
        "status": "success",
        "invoice_id": INVOICE,
        "amount_crypto": 0.000113,
        "currency": "BNB",
        "order_id": None,
        "token": token(),
        "invoice_info": INFO,
    }
    v.add("the page's example, indented", f"{PAGE} prints it so.", {}, json.dumps(page, indent=4) + "\n", JSON)
    v.add(
        "the page's example, names sorted",
        "Names have no order (RFC 8259 section 4).",
        {},
        json.dumps(page, sort_keys=True),
        JSON,
    )
    v.json(
        "the page's table of parameters",
        f"{PAGE}: its example values.",
        {"invoice_id": "89UX09KA", "order_id": "ORDER_93223"},
        invoice_id=q("89UX09KA"),
        order_id=q("ORDER_93223"),
        token=q(token(claims(id=q("89UX09KA")))),
    )
    v.json(
        "everything that the token does not sign is changed",
        "The token signs the invoice id and a time only, so the change cannot be detected (vendor page: claims id and exp).",
        {"order_id": "OTHER", "amount_crypto": "999999", "currency": "BTC"},
        amount_crypto="999999",
        currency=q("BTC"),
        order_id=q("OTHER"),
    )


def invoice_info(v):
    for name, info in {
        "null": "null",
        "empty": "{}",
        "false": "false",
        "a number": "1",
        "a string": q("none"),
        "an array": "[1,{}]",
    }.items():
        v.json(
            f"invoice_info is {name}",
            "It is for information only; receivers with a strict model broke when it changed.",
            {},
            invoice_info=info,
        )
    changed = INFO | {
        "user_email": "payer@example.invalid",
        "fiat_currency": {"code": "USD"},
        "tx_list": [""],
        "aml_checks": ["passed"],
        "step": None,
        "amount_paid": 102.0,
        "created": "soon",
        "status": 7,
    }
    v.json(
        "invoice_info with other fields and types",
        "Seen in production, and more than that.",
        {},
        invoice_info=json.dumps(changed),
    )
    v.json(
        "invoice_info of a test",
        f"{PAGE}: test_mode, which a verifier refuses only if configured to.",
        {},
        invoice_info=json.dumps(INFO | {"test_mode": True}),
    )
    why = "uuid is not signed, so it proves nothing, and the invoice is that of the token (vendor page)."
    for value in [q(f"INV-{INVOICE}"), q(INVOICE), "null"]:
        v.json(f"uuid {value}", why, {}, invoice_info=json_object({"uuid": value}))
    for value in [
        q("INV-89UX09KA"),
        q("89UX09KA"),
        q(""),
        q("INV-"),
        q("inv-ilraje1q"),
        q(f"INV-INV-{INVOICE}"),
        q(f" INV-{INVOICE}"),
        q(f"TRY-{INVOICE}"),
        "13",
        "0",
        "true",
        "false",
        f"[{q(INVOICE)}]",
        "{}",
    ]:
        v.json(f"uuid {value}", why, {}, invoice_info=json_object({"uuid": value}))
    v.json("uuid of another invoice, escaped name", why, {}, invoice_info=r'{"uu\u0069d":"INV-89UX09KA"}')
    v.json(
        "uuid of another invoice, escaped name of invoice_info",
        why,
        {},
        tail=r',"invoice\u005finfo":{"uuid":"INV-89UX09KA"}',
    )
    v.json(
        "uuid of the token's invoice, invoice_id of another",
        "The invoice that the token must name is invoice_id.",
        "InvoiceMismatch",
        invoice_id=q("89UX09KA"),
        invoice_info=json_object({"uuid": q(f"INV-{INVOICE}")}),
    )
    v.json(
        "uuid elsewhere",
        "Only invoice_info.uuid is the invoice (vendor page).",
        {},
        tail=',"uuid":"INV-89UX09KA"',
        invoice_info='{"project":{"uuid":"INV-89UX09KA"}}',
    )


def live_payments(v):
    live = {"require_live_payment": True}
    v.json(
        "a live payment is required, test_mode false",
        f"{PAGE}: false is a payment.",
        {},
        more=live,
        invoice_info=json.dumps(INFO),
    )
    v.json(
        "a live payment is required, test_mode true",
        f"{PAGE}: true is a test.",
        "TestModeRefused",
        more=live,
        invoice_info=json.dumps(INFO | {"test_mode": True}),
    )
    why = "It does not say that it is a payment, and what cannot be told must not pass."
    for value in ["null", "0", "1", q("false"), q("true"), "[]", "{}"]:
        info = json_object({"test_mode": value})
        v.json(f"a live payment is required, test_mode {value}", why, "TestModeUnknown", more=live, invoice_info=info)
    for info in [None, "null", "{}", "false", "[]", q("false"), '{"test_mode":false,"test_mode":false}']:
        name = f"a live payment is required, invoice_info {info or 'missing'}"
        v.json(name, why, "TestModeUnknown", more=live, invoice_info=info)
    v.json(
        "a live payment is required, test_mode outside of invoice_info",
        why,
        "TestModeUnknown",
        more=live,
        tail=',"test_mode":false',
    )
    v.form(
        "form, a live payment is required",
        f"{PAGE}: invoice_info is in JSON only.",
        "TestModeUnknown",
        more=live,
        tail="&test_mode=false",
    )


def fields(v):
    for name, kind, empty_kind in [("status", "MissingField", "InvalidField"), ("invoice_id", "MissingId", "MissingId")]:
        v.json(f"{name} missing", f"{PAGE} has it in both formats.", kind, **{name: None})
        v.json(f"{name} null", f"{PAGE} shows null for order_id only.", kind, **{name: "null"})
        v.json(f"{name} empty", f"{PAGE} shows none that is empty.", empty_kind, **{name: '""'})
    for name in ["amount_crypto", "currency"]:
        why = "A payment confirmed by hand may have none; it is reported, not proven, so it refuses nothing."
        for how, value in {"missing": None, "null": "null", "empty": '""'}.items():
            v.json(f"{name} {how}", why, {name: None}, **{name: value})
    for name in ["status", "invoice_id", "amount_crypto", "currency"]:
        for value in ["true", "false", "[]", "{}"] + ["13"] * (name != "amount_crypto"):
            v.json(f"{name} {value}", f"{PAGE} says which type it has.", "InvalidField", **{name: value})
    for name, order_id, expect in [
        ("missing", None, None),
        ("null", "null", None),
        ("empty", '""', None),
        ("the string None", q("None"), "None"),
        ("the string null", q("null"), "null"),
        ("a space", q(" "), " "),
        ("digits", q("0012"), "0012"),
        ("the string true", q("true"), "true"),
        ("Cyrillic", q("\u0417\u0430\u043a\u0430\u0437 \u211642"), "\u0417\u0430\u043a\u0430\u0437 \u211642"),
        ("Cyrillic, escaped", json.dumps("\u0417\u0430\u043a\u0430\u0437"), "\u0417\u0430\u043a\u0430\u0437"),
        ("emoji", q("\U0001f600\U0001f469\u200d\U0001f680"), "\U0001f600\U0001f469\u200d\U0001f680"),
        ("emoji, escaped", json.dumps("\U0001f600"), "\U0001f600"),
        ("decomposed", q("cafe\u0301"), "cafe\u0301"),
        ("quotes and slashes", q("""a"b'c\\d/e"""), """a"b'c\\d/e"""),
        ("with PHP's escaped slash", r'"2026\/01\/27"', "2026/01/27"),
        ("markup", q("<b>&amp;%41+"), "<b>&amp;%41+"),
        ("of 1,024 bytes", q("x" * 1_024), "x" * 1_024),
        ("of 512 letters of two bytes", q("\u0416" * 512), "\u0416" * 512),
        ("with a bidi control", q("A\u202eB"), "A\u202eB"),
        ("with a line separator", q("A\u2028B\u2029C"), "A\u2028B\u2029C"),
        ("white space around it", q(" A "), " A "),
    ]:
        v.json(
            f"order_id {name}",
            f"{PAGE}: optional, and any string of the merchant.",
            {"order_id": expect},
            order_id=order_id,
        )
    for value in ["0", "93223", "-1", "1.50", "1e3", "12345678901234567890123"]:
        v.json(
            f"order_id {value}",
            "Public clients declare order_id as a number or a string; a number is its literal text.",
            {"order_id": value},
            order_id=value,
        )
    for value in ["true", "false", '["A"]', '{"id":"A"}']:
        v.json(f"order_id {value}", "It is neither a string nor a number.", "InvalidField", order_id=value)
    for name, value in {
        "of 1,025 bytes": q("x" * 1_025),
        "of 513 letters of two bytes": q("\u0416" * 513),
        "of 1,025 digits": "1" * 1_025,
    }.items():
        v.json(f"order_id {name}", "No shop's order id is that long.", "InvalidField", order_id=value)
    for code in ["USDT_TRC20", "TRUMP_SOL", "USDT_NEW", "usdt_trc20", "\u20ac", "C" * 64]:
        v.json(
            f"currency {code}",
            "Codes differ between versions of the page, so an unknown one is kept.",
            {"currency": code},
            currency=q(code),
        )
    v.json("currency of 65 bytes", "No code is that long.", "InvalidField", currency=q("C" * 65))
    for status in [
        "paid",
        "partial",
        "overpaid",
        "created",
        "canceled",
        "fail",
        "SUCCESS",
        "success ",
        "null",
        "s" * 64,
    ]:
        v.json(f"status {q(status)}", f"{PAGE} documents success only.", "StatusRefused", status=q(status))
    v.json("status of 65 bytes", "No status is that long.", "InvalidField", status=q("s" * 65))
    v.json(
        "status unknown, token bad",
        "The sender learns nothing about the status before the token is valid.",
        "TokenMalformed",
        status=q("fail"),
        token=q("x"),
    )
    for name, invoice_id in {
        "of 1 character": "W",
        "of 128 bytes": "W" * 128,
        "with INV-": f"INV-{INVOICE}",
        "with a space": "A B",
    }.items():
        bare = invoice_id.removeprefix("INV-")
        v.json(
            f"invoice_id {name}",
            "Ids have no fixed alphabet (vendor page).",
            {"invoice_id": bare},
            invoice_id=q(invoice_id),
            token=q(token(claims(id=q(bare)))),
        )
    for name, invoice_id in {"of 129 bytes": "W" * 129, "is INV-": "INV-"}.items():
        v.json(
            f"invoice_id {name}",
            "No id looks like this.",
            "InvalidField",
            invoice_id=q(invoice_id),
            token=q(token(claims(id=q(invoice_id)))),
        )
    v.json(
        "unknown fields",
        "Fields appear and disappear between versions of the page.",
        {},
        tail=',"user_email":null,"n":1e400,"big":' + "9" * 40 + ',"__proto__":{"status":"x"},"":[]',
    )
    v.json(
        "names in upper case",
        "Names are compared exactly (RFC 8259 section 8.3).",
        {},
        tail=',"STATUS":"fail","Invoice_Id":"89UX09KA"',
    )
    v.json(
        "name in full-width letters",
        "Names are compared exactly (RFC 8259 section 8.3).",
        {},
        tail=',"\uff53tatus":"fail"',
    )


def duplicates(v):
    why = "RFC 8259 section 4: readers differ in which value they take, so neither is accepted."
    good = {
        "status": q("success"),
        "invoice_id": q(INVOICE),
        "amount_crypto": "0.000113",
        "currency": q("BNB"),
        "order_id": "null",
        "token": q(token()),
        "invoice_info": "null",
    }
    other = {
        "status": q("fail"),
        "invoice_id": q("89UX09KA"),
        "amount_crypto": "100",
        "currency": q("BTC"),
        "order_id": q("A"),
        "token": "null",
        "invoice_info": '{"uuid":"INV-89UX09KA"}',
    }
    for name in NAMES:
        v.json(f"{name} twice, both alike", why, "DuplicateField", tail=f',"{name}":{good[name]}', invoice_info="null")
        v.json(
            f"{name} twice, the second different",
            why,
            "DuplicateField",
            tail=f',"{name}":{other[name]}',
            invoice_info="null",
        )
        escaped = f"{name[:-2]}\\u{ord(name[-2]):04x}{name[-1]}"
        v.json(
            f"{name} twice, the second as {escaped}",
            why,
            "DuplicateField",
            tail=f',"{escaped}":{good[name]}',
            invoice_info="null",
        )
    for name, info in {
        "uuid": '{"uuid":"INV-ILRAJE1Q","uuid":"INV-ILRAJE1Q"}',
        "uuid, the second different": '{"uuid":"INV-ILRAJE1Q","uuid":"INV-89UX09KA"}',
        "uuid, the second escaped": r'{"uuid":"INV-ILRAJE1Q","\u0075uid":"INV-ILRAJE1Q"}',
        "uuid, the second after other fields": '{"uuid":"INV-ILRAJE1Q","fee":0,"uuid":null}',
    }.items():
        v.json(
            f"invoice_info has twice {name}",
            "Nothing in invoice_info is proven, so nothing in it refuses a postback.",
            {},
            invoice_info=info,
        )
    v.json(
        "invoice_info has a name other than uuid twice",
        "Nothing in invoice_info is proven, so nothing in it refuses a postback.",
        {},
        invoice_info='{"uuid":"INV-ILRAJE1Q","fee":0,"fee":1}',
    )
    v.json("an unknown name twice", "Unknown names are ignored.", {}, tail=',"extra":1,"extra":2')
