"""Signs tokens and writes bodies, with Python's standard library and nothing of ours."""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote_plus

# Not a real key. RFC 7518 section 3.2 demands at least 32 bytes.
KEY = "not-a-real-key-only-for-these-test-vectors"
# 2026-01-27T10:23:20Z, some minutes after the invoice of the vendor's example was made.
NOW = 1_769_509_400
INVOICE = "ILRAJE1Q"
HEADER = '{"typ":"JWT","alg":"HS256"}'

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

# The status of each kind of error. All faults of the token look alike to the sender.
STATUS = {
    "BodyTooLarge": 413,
    "ContentEncoding": 415,
    "DuplicateField": 400,
    "InvalidField": 400,
    "InvalidForm": 400,
    "InvalidJson": 400,
    "InvoiceMismatch": 401,
    "MediaType": 415,
    "MethodNotAllowed": 405,
    "MissingField": 400,
    "MissingId": 400,
    "StatusRefused": 422,
    "TestModeRefused": 422,
    "TestModeUnknown": 422,
    "TokenAlgorithm": 401,
    "TokenClaims": 401,
    "TokenExpired": 401,
    "TokenHeader": 401,
    "TokenLifetime": 401,
    "TokenMalformed": 401,
    "TokenMissing": 401,
    "TokenNotYetValid": 401,
    "TokenSignature": 401,
}


def utf8(text):
    return text if isinstance(text, bytes) else text.encode()


def b64(data):
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(utf8(data)).rstrip(b"=").decode()


def to_standard(segment):
    """The same bytes in the alphabet of RFC 4648 section 4."""
    assert "-" in segment or "_" in segment, segment
    return segment.replace("-", "+").replace("_", "/")


def with_trailing_bit(segment):
    """Another spelling of the same bytes, for decoders that ignore the trailing bits."""
    assert len(segment) % 4 in (2, 3), segment
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


def mac(message, key=KEY, digest="sha256"):
    return hmac.new(utf8(key), utf8(message), digest).digest()


def sign(header_segment, claims_segment, key=KEY, digest="sha256"):
    """A token with the given header and claims segments, and a valid MAC."""
    message = f"{header_segment}.{claims_segment}"
    return f"{message}.{b64(mac(message, key, digest))}"


def token(claims_text=None, header=HEADER, key=KEY, digest="sha256"):
    """A token with a valid MAC. Header and claims may be any string or bytes."""
    return sign(b64(header), b64(claims() if claims_text is None else claims_text), key, digest)


def claims(**changes):
    """The claims as the vendor writes them. A change is JSON, or None to leave a claim out."""
    return json_object({"id": q(INVOICE), "exp": str(NOW + 240)} | changes)


def json_object(texts):
    return "{" + ",".join(f"{q(name)}:{text}" for name, text in texts.items() if text is not None) + "}"


def q(text):
    """A JSON string, with non-ASCII characters as they are."""
    return json.dumps(text, ensure_ascii=False)


def nested(depth, inside=""):
    return "[" * depth + inside + "]" * depth


class Vectors:
    """One file of vectors."""

    def __init__(self, source):
        self.source = source
        self.vectors = []

    def json(self, name, why, expect, tail="", more=None, **fields):
        """A JSON body with changed fields. A change is JSON, or None to leave a field out.

        `tail` is inserted before the last brace, unescaped.
        """
        fields = {
            "status": q("success"),
            "invoice_id": q(INVOICE),
            "amount_crypto": "0.000113",
            "currency": q("BNB"),
            "order_id": "null",
            "token": q(token()),
        } | fields
        self.add(name, why, expect, json_object(fields)[:-1] + tail + "}", JSON, **more or {})

    def token(self, name, why, expect, text, **more):
        """A JSON body with this token."""
        self.json(name, why, expect, token=q(text), more=more)

    def form(self, name, why, expect, tail="", more=None, **fields):
        """A form with changed fields. A change is a plain string, or None to leave a field out.

        `tail` is appended, unescaped.
        """
        fields = {
            "status": "success",
            "invoice_id": INVOICE,
            "amount_crypto": "0.000113",
            "currency": "BNB",
            "token": token(),
        } | fields
        pairs = [f"{key}={quote_plus(text)}" for key, text in fields.items() if text is not None]
        self.add(name, why, expect, "&".join(pairs) + tail, FORM, **more or {})

    def add(self, name, why, expect, body, content_type, accepted_as=None, **more):
        """Any body: a string, bytes, or a dict for a long one."""
        if isinstance(expect, str):
            expect = {"status": STATUS[expect], "kind": expect}
        else:
            formats = {JSON: "json", FORM: "form"}
            expect = {
                "status": 200,
                "invoice_id": INVOICE,
                "order_id": None,
                "amount_crypto": "0.000113",
                "currency": "BNB",
                "format": accepted_as or formats[content_type],
            } | expect
        vector = {"name": name, "why": why} | {key: more[key] for key in ("method", "content_encoding") if key in more}
        vector["content_type"] = content_type
        vector |= body_field(body)
        vector |= {key: more[key] for key in ("key", "keys", "now", "require_live_payment") if key in more}
        vector["expect"] = expect
        self.vectors.append(vector)


def body_field(body):
    if isinstance(body, dict):
        return {"body_repeat": body}
    if isinstance(body, str):
        return {"body": body}
    return {"body_base64": base64.b64encode(body).decode()}


def check_signer():
    """Asserts that the signer makes the token of RFC 7515 appendix A.1 from its key."""
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    header, payload, _ = RFC_7515_A1.split(".")
    assert sign(header, payload, base64.urlsafe_b64decode(key + "==")) == RFC_7515_A1
    assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf")


RFC_7515_A1 = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
