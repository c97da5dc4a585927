"""Method, encoding, media type and size of a request with an otherwise good body."""

import struct
import zlib

from .make import FORM, JSON, Vectors, token

JSON_BODY = (
    '{"status":"success","invoice_id":"ILRAJE1Q","amount_crypto":0.000113,'
    f'"currency":"BNB","order_id":null,"token":"{token()}"}}'
)
FORM_BODY = f"status=success&invoice_id=ILRAJE1Q&amount_crypto=0.000113&currency=BNB&token={token()}"
LIMIT = 65_536


def build():
    v = Vectors(
        "Made by generate.py around two good bodies; the rules come from RFC 9110 and from what is known"
        " about the vendor's sender."
    )
    methods(v)
    encodings(v)
    media_types(v)
    sizes(v)
    return v


def methods(v):
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"]:
        v.add(
            f"method {method}",
            "The vendor page: a POST request; methods are case-sensitive (RFC 9110 section 9.1).",
            "MethodNotAllowed",
            JSON_BODY,
            JSON,
            method=method,
        )
    v.add("method GET, form", "RFC 9110 section 15.5.6.", "MethodNotAllowed", FORM_BODY, FORM, method="GET")
    v.add("method GET, token bad", "The method is checked first.", "MethodNotAllowed", "{}", JSON, method="GET")
    v.add(
        "method PUT, compressed",
        "The method is checked first.",
        "MethodNotAllowed",
        gzip(JSON_BODY),
        JSON,
        method="PUT",
        content_encoding="gzip",
    )


def encodings(v):
    why = "A small compressed body can inflate to a huge one, so none is inflated (RFC 9110 section 15.5.16)."
    for encoding in [
        "gzip",
        "GZIP",
        "x-gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "identity, gzip",
        "gzip, identity",
        "gzip, gzip",
        "utf-8",
    ]:
        body = gzip(JSON_BODY) if "gzip" in encoding.lower() else JSON_BODY
        v.add(f"Content-Encoding {encoding}", why, "ContentEncoding", body, JSON, content_encoding=encoding)
    v.add("Content-Encoding gzip, body plain", why, "ContentEncoding", JSON_BODY, JSON, content_encoding="gzip")
    v.add("Content-Encoding gzip, form", why, "ContentEncoding", gzip(FORM_BODY), FORM, content_encoding="gzip")
    v.add(
        "Content-Encoding gzip, too large as well",
        why,
        "ContentEncoding",
        {"prefix": "", "unit": "A", "count": LIMIT + 1, "suffix": ""},
        JSON,
        content_encoding="gzip",
    )
    for encoding in ["identity", "Identity", "identity, identity"]:
        v.add(
            f"Content-Encoding {encoding}",
            "It encodes nothing (RFC 9110 section 12.5.3).",
            {},
            JSON_BODY,
            JSON,
            content_encoding=encoding,
        )
    v.add("gzip without Content-Encoding", "It is not JSON.", "InvalidJson", gzip(JSON_BODY), JSON)


def media_types(v):
    why = "JSON was reported to arrive under a wrong Content-Type, so the first byte decides if the header does not."
    for content_type in [
        None,
        "",
        "text/plain",
        "text/html; charset=utf-8",
        "application/octet-stream",
        FORM,
        f"{FORM}; charset=UTF-8",
        f"{FORM}X",
        "application/jsonX",
        "application/vnd.api+json",
        "json",
        "text/json",
        "application/json-patch+json",
        "*/*",
        ";",
        "image/png",
    ]:
        v.add(f"JSON under {label(content_type)}", why, {}, JSON_BODY, content_type, "json")
    v.add("JSON after white space under a form's type", why, {}, f"\r\n\t {JSON_BODY}", FORM, "json")
    v.add("JSON after white space without a type", why, {}, f" \n{JSON_BODY}", None, "json")
    for content_type in [
        None,
        "",
        "text/plain",
        "application/octet-stream",
        f"{FORM}X",
        "x-www-form-urlencoded",
        "application/jsonX",
    ]:
        v.add(f"form under {label(content_type)}", why, {}, FORM_BODY, content_type, "form")
    v.add("form that starts with an escape, without a type", why, {}, f"%73{FORM_BODY[1:]}", None, "form")
    v.add("form that starts with &", "The header says that it is a form.", {}, f"&{FORM_BODY}", FORM)
    why = "The header names neither format, and the first byte fits neither."
    v.add("form that starts with &, under another type", why, "MediaType", f"&{FORM_BODY}", f"{FORM}X")
    for name, body in {
        "an array": "[]",
        "XML": "<a/>",
        "nothing": "",
        "white space": " \n",
        "a string": '"status"',
        "a quoted form": f"'{FORM_BODY}'",
        "NUL": f"\0{JSON_BODY}",
        "gzip": gzip(JSON_BODY),
        "UTF-16 in big endian": JSON_BODY.encode("utf-16-be"),
    }.items():
        v.add(f"{name} without a type", why, "MediaType", body, None)
        v.add(f"{name} under text/plain", why, "MediaType", body, "text/plain")
    v.add("form under JSON's type", "The header says that it is JSON.", "InvalidJson", FORM_BODY, JSON)
    v.add("form under text/json", "The header says that it is JSON.", "InvalidJson", FORM_BODY, "text/json")
    for content_type in [
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json ; Charset=utf8",
        "application/json;",
        "application/json; profile=x",
        "application/json; version=1; charset=utf-8",
        " application/json",
    ]:
        v.add(
            f"JSON under {label(content_type)}",
            "RFC 9110 section 8.3: case and parameters do not matter.",
            {},
            JSON_BODY,
            content_type,
            "json",
        )
    for content_type in [FORM.upper(), f"{FORM};charset=utf-8", f'{FORM}; charset="utf-8"']:
        v.add(
            f"form under {label(content_type)}",
            "RFC 9110 section 8.3: case and parameters do not matter.",
            {},
            FORM_BODY,
            content_type,
            "form",
        )
    for charset in [
        "utf-16",
        "UTF-16LE",
        "utf-32",
        "iso-8859-1",
        "windows-1251",
        "us-ascii",
        "utf-7",
        "utf-8x",
        '"latin1"',
        "",
    ]:
        v.add(
            f"JSON in charset {charset}",
            "RFC 8259 section 8.1: JSON is UTF-8.",
            "MediaType",
            JSON_BODY,
            f"{JSON}; charset={charset}",
        )
    for content_type in [
        f"{FORM}; charset=windows-1251",
        "text/plain; charset=iso-8859-1",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; CHARSET = utf-16",
    ]:
        body = FORM_BODY if content_type.startswith(FORM) else JSON_BODY
        v.add(f"body under {content_type}", "Only UTF-8 is accepted.", "MediaType", body, content_type)
    v.add(
        "UTF-16, declared", "Only UTF-8 is accepted.", "MediaType", JSON_BODY.encode("utf-16"), f"{JSON}; charset=utf-16"
    )
    for content_type in ["multipart/form-data; boundary=x", "multipart/form-data", "Multipart/Mixed; boundary=x"]:
        v.add(
            f"multipart body under {content_type}",
            "The vendor page has two formats, and this is neither.",
            "MediaType",
            multipart(),
            content_type,
        )
        v.add(
            f"JSON under {content_type}",
            "The vendor page has two formats, and this is neither.",
            "MediaType",
            JSON_BODY,
            content_type,
        )


def sizes(v):
    why = "At most 65,536 bytes are read; the vendor's postbacks have about 2,000."
    for size, expect in [(LIMIT, {}), (LIMIT + 1, "BodyTooLarge")]:
        spaces = {"prefix": JSON_BODY, "unit": " ", "count": size - len(JSON_BODY), "suffix": ""}
        v.add(f"JSON of {size} bytes, spaces after it", why, expect, spaces, JSON)
        open_text = f'{JSON_BODY[:-1]},"extra":"'
        text = {"prefix": open_text, "unit": "x", "count": size - len(open_text) - 2, "suffix": '"}'}
        v.add(f"JSON of {size} bytes, a long field", why, expect, text, JSON)
        v.add(f"JSON of {size} bytes without a type", why, expect, text, None, "json")
        open_form = f"{FORM_BODY}&extra="
        text = {"prefix": open_form, "unit": "x", "count": size - len(open_form), "suffix": ""}
        v.add(f"form of {size} bytes", why, expect, text, FORM)
    for name, count in {"65 KiB": 65 * 1024, "100 KB": 100_000, "10 MB": 10_000_000}.items():
        v.add(
            f"garbage of {name}", why, "BodyTooLarge", {"prefix": "", "unit": "x", "count": count, "suffix": ""}, JSON
        )
    open_text = JSON_BODY[: JSON_BODY.rindex(".") + 1]
    v.add(
        "a token of 100 KB",
        why,
        "BodyTooLarge",
        {"prefix": open_text, "unit": "A", "count": 100_000, "suffix": '"}'},
        JSON,
    )


def label(content_type):
    return "no Content-Type" if content_type is None else f"Content-Type [{content_type}]"


def multipart():
    parts = [pair.split("=", 1) for pair in FORM_BODY.split("&")]
    text = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts)
    return f"{text}--x--\r\n"


def gzip(text):
    """One stored block (RFC 1951 section 3.2.4), the same with every version of zlib."""
    data = text.encode()
    block = struct.pack("<BHH", 1, len(data), len(data) ^ 0xFFFF) + data
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block + struct.pack("<II", zlib.crc32(data), len(data))
