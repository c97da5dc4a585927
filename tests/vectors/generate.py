"""Writes the vectors beside this file, with Python's standard library alone.

It is an independent oracle: it shares no code with the crates, and its expectations come from the
specifications.

    python3 generate.py            writes the files
    python3 generate.py --check    exits with 1 if a file differs from what it would write

A vector is a request, and what a verifier must do with it; its settings are the defaults but for
those that the vector names:

- `content_type` is null if the request has no such header. `method` defaults to POST, and
  `content_encoding` to none.
- `body` is a string. A body that is not UTF-8 is in `body_base64` instead, and a long one in
  `body_repeat`: `prefix`, `count` times `unit`, `suffix`.
- `key` and `now` default to those of the file. `keys` are several secrets at once.
- `require_live_payment` is true if the verifier has that setting.
- `expect.status` is the status of the response. A 200 comes with the fields that a handler sees,
  every other status with the `kind` of the error. An amount, currency or order id that the handler sees
  as `None` is null.
"""

import json
import sys
from pathlib import Path

# Before the imports below, so that they write no bytecode.
sys.dont_write_bytecode = True

from cases import amount, body_form, body_json, claims, header, json_text, request, token
from cases.make import KEY, NOW, check_signer

FILES = {
    "amount.json": amount,
    "body_form.json": body_form,
    "body_json.json": body_json,
    "claims.json": claims,
    "header.json": header,
    "json_text.json": json_text,
    "request.json": request,
    "token.json": token,
}


def main():
    check_signer()
    built = {name: module.build() for name, module in FILES.items()}
    check_names(vector["name"] for file in built.values() for vector in file.vectors)
    stale = [name for name, file in built.items() if not put(Path(__file__).with_name(name), text(file))]
    for name in stale:
        print(f"{name} differs from what generate.py writes: run it", file=sys.stderr)
    total = sum(len(file.vectors) for file in built.values())
    print(f"{total} vectors in {len(built)} files")
    return 1 if stale else 0


def check_names(names):
    seen = set()
    for name in names:
        assert name not in seen, f"two vectors are named {name!r}"
        seen.add(name)


def put(path, content):
    """Writes the file, or compares it with --check. Returns whether it is up to date."""
    if "--check" in sys.argv[1:]:
        return path.is_file() and path.read_bytes() == content.encode()
    path.write_bytes(content.encode())
    return True


def text(file):
    """Formats a file as JSON, with one member of a vector on each line."""
    head = "".join(
        f'  "{name}": {one_line(value)},\n' for name, value in {"source": file.source, "key": KEY, "now": NOW}.items()
    )
    vectors = ",\n".join(
        "    {\n" + ",\n".join(f'      "{name}": {one_line(value)}' for name, value in vector.items()) + "\n    }"
        for vector in file.vectors
    )
    content = f'{{\n{head}  "vectors": [\n{vectors}\n  ]\n}}\n'
    assert json.loads(content)["vectors"] == file.vectors
    return content


def one_line(value):
    """Formats a value as JSON, with printable characters as they are and all others escaped."""
    plain = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() and c != "\ufffd" else json.dumps(c)[1:-1] for c in plain)


if __name__ == "__main__":
    sys.exit(main())
