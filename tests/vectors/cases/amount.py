"""Amounts, in both formats."""

import json
from urllib.parse import quote_plus

from .make import Vectors, q


def build():
    v = Vectors(
        "Made by generate.py; the rules are those of RFC 8259 section 6, and a payment is neither rounded nor negative."
    )
    in_json(v)
    in_forms(v)
    return v


def in_json(v):
    why = "A JSON number (RFC 8259 section 6), exact; Python's json writes small floats with an exponent."
    for text, expect in {
        "1e-05": "0.00001",
        "1e-7": "0.0000001",
        "1.0e-5": "0.00001",
        "1E-8": "0.00000001",
        "1.13e-4": "0.000113",
        "0": "0",
        "100": "100",
        "102.0": "102.0",
        "0.0": "0.0",
        "0.30000000000000004": "0.30000000000000004",
        "1.5E+3": "1500",
        "0e0": "0",
        "0e999": "0",
        "1e28": "1" + "0" * 28,
        "1e-28": "0." + "0" * 27 + "1",
        "100e-30": "0." + "0" * 27 + "1",
        "9" * 28: "9" * 28,
        "79228162514264337593543950335": "79228162514264337593543950335",
        "1.2345678901234567890123456789": "1.2345678901234567890123456789",
        "12345678.123456789012345678": "12345678.123456789012345678",
        "0.1234567890123456789012345678": "0.1234567890123456789012345678",
    }.items():
        v.json(f"amount {text}", why, {"amount_crypto": expect}, amount_crypto=text)
        if len(text) < 9:
            v.json(
                f"amount {text} as a string",
                f"{why} A string of the same spelling is accepted too.",
                {"amount_crypto": expect},
                amount_crypto=q(text),
            )
    why = "Zeros at either end are not significant, so nothing is rounded."
    for text, expect in {
        "1." + "0" * 29: "1",
        "0.000113" + "0" * 40: "0.000113",
        "0." + "0" * 40: "0",
        "12" + "0" * 40 + "e-39": "120",
        "0." + "0" * 40 + "12e41": "1.2",
        "79228162514264337593543950335." + "0" * 10: "79228162514264337593543950335",
    }.items():
        v.json(f"amount {text}", why, {"amount_crypto": expect}, amount_crypto=text)
    why = "An amount that would have to be rounded is refused."
    for text in [
        "1." + "0" * 28 + "10",
        "1234567890" * 4,
        str(2**128 + 1),
        "0." + "1234567890" * 4,
        "79228162514264337593543950336",
        "9" * 29,
        "1" * 40,
        "9.9999999999999999999999999999",
        "0." + "1" * 29,
        "1." + "0" * 28 + "1",
        "1e29",
        "1e-29",
        "1e400",
        "1e-400",
        "1e99999999999999999999",
    ]:
        v.json(f"amount {text}", why, "InvalidField", amount_crypto=text)
    for text in ["-1", "-0", "-0.0", "-1e-05"]:
        v.json(f"amount {text}", "A payment is never negative.", "InvalidField", amount_crypto=text)
    for text in ["NaN", "Infinity", "-Infinity", "1_000", "+1", ".5", "1.", "00.1", "01", "0x10", "1e", "1,5"]:
        v.json(f"amount {text}", "Not a JSON number (RFC 8259 section 6).", "InvalidJson", amount_crypto=text)
    for text in [
        "NaN",
        "nan",
        "Infinity",
        "inf",
        "1_000",
        "1,000",
        "1,5",
        "+1",
        ".5",
        "1.",
        "00.1",
        "01",
        "0x10",
        "1e",
        "1e+",
        "1e1.5",
        "1e5e5",
        "1.2.3",
        "--1",
        "-1",
        "-0",
        " 1",
        "1 ",
        "1\n",
        "1 BNB",
        "$1",
        "\u0661",
        "\uff11",
        "\u22121",
        "1e400",
        "1" * 40,
        "1\0",
    ]:
        v.json(
            f"amount {json.dumps(text)} as a string",
            "Not a JSON number (RFC 8259 section 6) that can be kept exactly.",
            "InvalidField",
            amount_crypto=q(text),
        )


def in_forms(v):
    for text, expect in {
        "1e-05": "0.00001",
        "1e-7": "0.0000001",
        "1.0E-5": "0.00001",
        "0": "0",
        "100": "100",
        "102.0": "102.0",
        "0.1": "0.1",
        "0.30000000000000004": "0.30000000000000004",
        "79228162514264337593543950335": "79228162514264337593543950335",
    }.items():
        v.form(
            f"form, amount {text}",
            "The spelling of a JSON number (RFC 8259 section 6), exact.",
            {"amount_crypto": expect},
            amount_crypto=text,
        )
    for text in [
        "NaN",
        "inf",
        "1_000",
        "1,000",
        "+1",
        ".5",
        "1.",
        "00.1",
        "0x10",
        "1e",
        "1e5e5",
        "-1",
        "-0",
        " 1",
        "1 ",
        "null",
        "None",
        "[1]",
        "1e400",
        "1e-400",
        "1" * 40,
        "0." + "1" * 29,
        "79228162514264337593543950336",
        "\u0661",
        "\uff11",
        "1\0",
    ]:
        v.form(
            f"form, amount {quote_plus(text)}",
            "Not the spelling of a JSON number (RFC 8259 section 6) that can be kept exactly.",
            "InvalidField",
            amount_crypto=text,
        )
    v.form(
        "form, amount with a bare plus sign",
        "A plus sign is a space (WHATWG URL section 5.1).",
        "InvalidField",
        tail="&amount_crypto=+1",
        amount_crypto=None,
    )
