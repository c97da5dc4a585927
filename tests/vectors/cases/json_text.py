"""JSON as such: encoding, characters, grammar and depth."""

import json

from .make import JSON, Vectors, nested, q, token

NAMES = ["status", "invoice_id", "amount_crypto", "currency", "order_id", "token"]


def build():
    v = Vectors(
        "Made by generate.py, which writes bodies like the vendor page's example and breaks them; the"
        " rules come from RFC 8259."
    )
    encoding(v)
    characters(v)
    grammar(v)
    return v


def encoding(v):
    why = "RFC 8259 section 8.1: JSON is UTF-8, even in a string that is skipped."
    for name, raw in {
        "a lone byte FF": b"\xff",
        "a byte sequence cut off": b"\xe2\x82",
        "a continuation byte alone": b"\x80",
        "an overlong byte sequence": b"\xc0\xaf",
        "a surrogate in UTF-8": b"\xed\xa0\xbd",
        "a surrogate pair in CESU-8": b"\xed\xa0\xbd\xed\xb8\x80",
        "over U+10FFFF": b"\xf4\x90\x80\x80",
        "windows-1251": "\u0417\u0430\u043a\u0430\u0437".encode("windows-1251"),
    }.items():
        for where, text in {
            "an unknown field": with_tail(',"extra":"?"'),
            "invoice_info": with_tail(',"invoice_info":{"address":"?"}'),
        }.items():
            v.add(f"{name} in {where}", why, "InvalidJson", text.encode().replace(b"?", raw), JSON)
    v.add(
        "a lone byte FF in order_id",
        why,
        "InvalidJson",
        with_tail("", order_id='"?"').encode().replace(b"?", b"\xff"),
        JSON,
    )
    v.add("a lone byte FF in a name", why, "InvalidJson", with_tail(',"?":1').encode().replace(b"?", b"\xff"), JSON)
    v.add(
        "a byte order mark",
        "RFC 8259 section 8.1: there must be none.",
        "InvalidJson",
        "\ufeff" + with_tail(""),
        JSON,
    )
    for name in ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le"]:
        v.add(f"body in {name}", why, "InvalidJson", with_tail("").encode(name), JSON)
    why = "RFC 8259 section 8.2: half a surrogate pair is not a character, even in a string that is skipped."
    for text in [
        r"\ud83d",
        r"\ude00",
        r"\ud83dx",
        r"\ud83d\n",
        r"\ud83d\u0041",
        r"\ude00\ud83d",
        r"\ud83d\ud83d\ude00",
        r"\uDBFF",
    ]:
        v.json(f"{text} in an unknown field", why, "InvalidJson", tail=f',"extra":"{text}"')
    for name, change in {
        "in invoice_info": {"invoice_info": r'{"address":"\ud83d"}'},
        "in order_id": {"order_id": r'"\ud83d"'},
        "in the token": {"token": r'"\ud83d"'},
        "in an unknown name": {"tail": r',"\ud83d":1'},
        "in an array": {"tail": r',"extra":["\\",["\ud83d"]]'},
    }.items():
        v.json(f"half a surrogate pair {name}", why, "InvalidJson", **change)
    v.json(
        "whole surrogate pairs",
        "RFC 8259 section 7; Python's json writes them.",
        {},
        tail=r',"extra":"\ud83d\ude00\uD83D\uDE00\\ud83d"',
    )
    token_text = token()
    v.json(
        "everything escaped",
        "RFC 8259 section 7: any character may be escaped.",
        {"order_id": "A/B"},
        token=f'"\\u{ord(token_text[0]):04x}{token_text[1:]}"',
        order_id=r'"\u0041\/\u0042"',
        currency=r'"\u0042NB"',
        status=r'"\u0073uccess"',
    )
    v.add(
        "escaped names",
        "RFC 8259 section 8.3.",
        {},
        with_tail("").replace('"invoice_id"', r'"invoice\u005fid"').replace('"token"', r'"tok\u0065n"'),
        JSON,
    )


def characters(v):
    why = "A database may not hold it, and a line break would forge a line in a log."
    for name, escape in {
        "NUL": r"\u0000",
        "a line feed": r"\n",
        "a tab": r"\t",
        "a unit separator": r"\u001f",
        "DEL": r"\u007f",
        "U+0085": r"\u0085",
        "U+FFFD": r"\ufffd",
    }.items():
        for field in ["invoice_id", "order_id", "currency", "status"]:
            v.json(f"{name} in {field}", why, "InvalidField", **{field: f'"A{escape}B"'})
    v.json("U+FFFD as it is in order_id", "It stands for bytes that were not UTF-8.", "InvalidField", order_id=q("A\ufffdB"))
    v.json(
        "U+FFFD and NUL in fields that are not kept",
        "Only ids and codes are kept.",
        {},
        tail=r',"extra":"\u0000\ufffd"',
        invoice_info=r'{"address":"\u0000\n\ufffd"}',
    )
    for raw in ["\n", "\0", "\x1f"]:
        v.json(
            f"raw {json.dumps(raw)} in an unknown field",
            "RFC 8259 section 7: control characters must be escaped.",
            "InvalidJson",
            tail=f',"extra":"{raw}"',
        )


def grammar(v):
    good = with_tail("")
    for name, body in {
        "empty": "",
        "white space": " \n",
        "an array": "[]",
        "a postback in an array": f"[{good}]",
        "a string": q(good),
        "a number": "13",
        "null": "null",
        "true": "true",
        "cut off": good[:-1],
        "cut off in a string": good[: good.index("eyJ") + 20],
        "a trailing comma": good[:-1] + ",}",
        "a comma too many": good.replace(",", ",,", 1),
        "a comma too few": good.replace(",", " ", 1),
        "bytes after it": f"{good}x",
        "NUL after it": f"{good}\0",
        "two objects": f"{good}{good}",
        "a comment": good[:-1] + "/**/}",
        "a line comment": good[:-1] + "//\n}",
        "single quotes": good.replace('"', "'"),
        "names without quotes": good.replace('"status"', "status"),
        "an anti-hijacking prefix": f")]}}'\n{good}",
        "JSONP": f"f({good})",
        "a form": "status=success&invoice_id=ILRAJE1Q",
        "a no-break space before it": f"\u00a0{good}",
        "a form feed before it": f"\f{good}",
        "an invalid escape": good[:-1] + r',"extra":"\x41"}',
        "an invalid escape of four digits": good[:-1] + r',"extra":"\u00zz"}',
        "Python's True": good[:-1] + ',"extra":True}',
    }.items():
        v.add(
            f"body is or has {name}",
            "RFC 8259 section 2, and an object as the vendor page shows it.",
            "InvalidJson",
            body,
            JSON,
        )
    spaced = good.replace(",", " ,\n\t").replace(":", " : ")
    v.add("white space around and within", "RFC 8259 section 2.", {}, f" \t\r\n{spaced}\n\n", JSON)
    v.json("empty object", "The vendor page's samples respond with this.", "MissingId", **{name: None for name in NAMES})
    why = "At most 32 levels, even in a value that is skipped; a postback has four (vendor page)."
    for depth, expect in [(31, {}), (32, "InvalidJson")]:
        v.json(f"depth {depth + 1} by arrays in an unknown field", why, expect, tail=f',"extra":{nested(depth)}')
        v.json(
            f"depth {depth + 1} by objects in an unknown field",
            why,
            expect,
            tail=',"extra":' + '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1),
        )
        v.json(f"depth {depth + 1} in invoice_info", why, expect, invoice_info='{"a":' + nested(depth - 1) + "}")
        v.json(
            f"depth {depth + 1} in the token's field",
            why,
            "TokenMissing" if expect == {} else expect,
            token=nested(depth),
        )
    v.json("brackets in strings", "They open nothing.", {}, tail=',"extra":"' + "[{" * 100 + r"\"" + "[" * 100 + '"')
    v.json("many brackets side by side", "They are not nested.", {}, tail=',"extra":[' + ",".join(["[]"] * 100) + "]")
    prefix = good[:-1] + ',"extra":'
    v.add(
        "depth 30,001, closed",
        why,
        "InvalidJson",
        {"prefix": prefix, "unit": "[", "count": 30_000, "suffix": "]" * 9},
        JSON,
    )
    v.add(
        "depth 60,000, never closed",
        why,
        "InvalidJson",
        {"prefix": "", "unit": "[", "count": 60_000, "suffix": ""},
        JSON,
    )
    v.add(
        "depth 12,001 by objects",
        why,
        "InvalidJson",
        {"prefix": prefix, "unit": '{"a":', "count": 12_000, "suffix": ""},
        JSON,
    )
    v.json(
        "body bad and token missing",
        "The body is read before the token (vendor page's samples).",
        "MissingId",
        invoice_id=None,
        token=None,
    )


def with_tail(tail, **changes):
    v = Vectors("")
    v.json("", "", {}, tail=tail, **changes)
    return v.vectors[0]["body"]
