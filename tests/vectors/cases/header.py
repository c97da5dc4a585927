"""The header of tokens, with a valid MAC if there can be one."""

import json

from .make import RFC_7515_A1, Vectors, b64, claims, json_object, nested, q, token


def build():
    v = Vectors(
        "Made by generate.py, which signs with Python's hmac module; the rules come from the"
        " vendor's page, RFC 7515, RFC 7519, RFC 7797 and RFC 8725."
    )
    algorithm(v)
    header_names(v)
    header_text(v)
    return v


def algorithm(v):
    why = "Only HS256, in this spelling, and checked before the MAC (vendor page, RFC 8725 section 3.1)."
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "hs256",
        "Hs256",
        "HS256 ",
        " HS256",
        "HS256\0",
        "HS1",
        "RS256",
        "RS512",
        "PS256",
        "ES256",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "dir",
        "HMACSHA256",
    ]:
        header = '{"typ":"JWT","alg":' + json.dumps(alg) + "}"
        v.token(f"alg {json.dumps(alg)}, signed as HS256", why, "TokenAlgorithm", token(header=header))
    for alg, digest in [("HS384", "sha384"), ("HS512", "sha512")]:
        header = '{"typ":"JWT","alg":"' + alg + '"}'
        v.token(f"alg {alg}", why, "TokenAlgorithm", token(header=header, digest=digest))
    for value in ["null", "256", "true", "{}", '["HS256"]', '{"alg":"HS256"}']:
        v.token(f"alg is {value}", why, "TokenAlgorithm", token(header='{"alg":' + value + "}"))
    for header in ['{"typ":"JWT"}', "{}", '{"ALG":"HS256","typ":"JWT"}']:
        v.token(
            f"alg missing: {header}",
            "RFC 7515 section 4.1.1: alg must be present.",
            "TokenAlgorithm",
            token(header=header),
        )
    for header in [
        '{"alg":"HS256","alg":"HS256"}',
        '{"alg":"none","alg":"HS256"}',
        '{"alg":"HS256","alg":"none"}',
        r'{"alg":"none","a\u006cg":"HS256"}',
    ]:
        v.token(
            f"alg twice: {header}", "RFC 7515 section 4: names must be unique.", "TokenHeader", token(header=header)
        )
    none = b64('{"alg":"none"}')
    v.token(
        "alg none, no signature",
        "RFC 8725 section 3.1 on unsecured JWTs (RFC 7519 section 6).",
        "TokenMalformed",
        f"{none}.{b64(claims())}.",
    )
    v.token(
        "alg none, some signature",
        "RFC 8725 section 3.1 on unsecured JWTs (RFC 7519 section 6).",
        "TokenAlgorithm",
        f"{none}.{b64(claims())}.AAAA",
    )
    v.token(
        "the unsecured JWT of RFC 7519",
        "RFC 7519 section 6.1.",
        "TokenMalformed",
        f"eyJhbGciOiJub25lIn0.{RFC_7515_A1.split('.')[1]}.",
    )


def header_names(v):
    for header in [
        '{"alg":"HS256"}',
        '{"alg":"HS256","typ":"JWT"}',
        '{"alg":"HS256","typ":"jwt"}',
        '{"alg":"HS256","typ":"Jwt"}',
        '{"typ":"JWT","alg":"HS256","kid":"1"}',
        '{"alg":"HS256","kid":7}',
        '{"alg":"HS256","kid":null}',
        '{"alg":"HS256","kid":"../../../../dev/null"}',
        """{"alg":"HS256","kid":"x' UNION SELECT 'key"}""",
        '{"alg":"HS256","x5t":"AAAA"}',
        '{"alg":"HS256","cty":"JWT"}',
        '{"alg":"HS256","new":{"alg":"none"}}',
    ]:
        v.token(
            f"accepted header {header}",
            "typ is optional and its case does not matter (RFC 7519 section 5.1); other names are ignored (RFC 7515 section 4).",
            {},
            token(header=header),
        )
    for typ in ['"JWS"', '"JOSE"', '"at+jwt"', '"application/jwt"', '""', '"JWT "', "null", "1", '["JWT"]']:
        v.token(
            f"typ {typ}",
            "A token of another kind is not a postback's token (RFC 8725 section 3.11).",
            "TokenHeader",
            token(header='{"alg":"HS256","typ":' + typ + "}"),
        )
    attacker = "the-key-of-an-attacker-who-sends-it-along"
    jwk = json_object({"kty": q("oct"), "k": q(b64(attacker)), "alg": q("HS256")})
    extended = {
        "crit": ['["exp"]', '["b64"]', "[]", "null", '"exp"'],
        "b64": ["false", "true", "null"],
        "jwk": [jwk, "{}", "null"],
        "jku": ['"https://attacker.invalid/keys.json"', "null"],
        "x5u": ['"https://attacker.invalid/chain.pem"', '""'],
        "x5c": ['["MIIB"]', "[]"],
    }
    for name, values in extended.items():
        for value in values:
            v.token(
                f"header {name} {value}, right key" if value != jwk else "header jwk, right key",
                "Unsupported extensions are refused, and a key or address is never taken from a token"
                " (RFC 7515 section 4.1.11, RFC 7797 section 3, RFC 8725 section 3.10).",
                "TokenHeader",
                token(header='{"alg":"HS256","' + name + '":' + value + "}"),
            )
    v.token(
        "header jwk, signed with that key",
        "The attacker sends the key along (RFC 8725 section 3.10).",
        "TokenHeader",
        token(header='{"alg":"HS256","jwk":' + jwk + "}", key=attacker),
    )
    v.token(
        "header b64 false with crit",
        "It would change what is signed (RFC 7797 section 3).",
        "TokenHeader",
        token(header='{"alg":"HS256","b64":false,"crit":["b64"]}'),
    )
    v.token(
        "header crit with an escaped name",
        "The same name in another spelling (RFC 8259 section 8.3).",
        "TokenHeader",
        token(header=r'{"alg":"HS256","cr\u0069t":["exp"]}'),
    )


def header_text(v):
    for name, header in {
        "as in RFC 7515 A.1": '{"typ":"JWT",\r\n "alg":"HS256"}',
        "with an escape": r'{"alg":"\u0048S256"}',
        "with white space around": ' \t{ "alg" : "HS256" }\r\n',
        "32 levels deep": '{"alg":"HS256","new":' + nested(31) + "}",
    }.items():
        v.token(f"header {name}", "The same object in another spelling (RFC 8259).", {}, token(header=header))
    for name, header in {
        "is an array": '["HS256"]',
        "is a string": '"HS256"',
        "is null": "null",
        "is a number": "256",
        "is white space": "   ",
        "is cut off": '{"alg":"HS256"',
        "has bytes after it": '{"alg":"HS256"}x',
        "has NUL after it": '{"alg":"HS256"}\0',
        "is two objects": '{"alg":"HS256"}{"alg":"HS256"}',
        "has a trailing comma": '{"alg":"HS256",}',
        "has a comment": '{"alg":"HS256"/**/}',
        "has single quotes": "{'alg':'HS256'}",
        "has a byte order mark": '\ufeff{"alg":"HS256"}',
        "is not UTF-8": b'{"alg":"HS256","kid":"\xff"}',
        "is UTF-16": '{"alg":"HS256"}'.encode("utf-16-le"),
        "has half a surrogate pair": r'{"alg":"HS256","kid":"\ud83d"}',
        "has an unknown name twice": '{"alg":"HS256","kid":1,"kid":1}',
        "has typ twice": '{"alg":"HS256","typ":"JWT","typ":"JWT"}',
        "33 levels deep": '{"alg":"HS256","new":' + nested(32) + "}",
    }.items():
        v.token(
            f"header {name}",
            "RFC 7515 section 5.2: a UTF-8 JSON object, with unique names (section 4) and at most 32 levels.",
            "TokenHeader",
            token(header=header),
        )
