"""Writes the vectors beside this file, with Python's standard library alone.

It is an oracle of its own: it shares no code with the crates, and expects what the specifications say.

    python3 generate.py            writes the files
    python3 generate.py --check    exits with 1 where a file is not what it would write

A vector is a request and what to expect of a verifier with its default settings:

- `content_type` is null where that header is missing; `method` is POST and there is no
  `content_encoding` unless the vector has them.
- `body` is text. `body_base64` is there instead where it is not UTF-8, and `body_repeat` where it is
  long: `prefix`, `count` times `unit`, `suffix`.
- `key` and `now` are the file's unless the vector has its own. `keys` are several at once.
- `expect.status` is the status of the answer. With 200 come the fields that a handler sees, all else
  comes with the `kind` of the error.
"""

import json
import sys
from pathlib import Path

# Before our own imports, so that they leave nothing behind.
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
        print(f"{name} is not what generate.py writes", file=sys.stderr)
    total = sum(len(file.vectors) for file in built.values())
    print(f"{total} vectors in {len(built)} files")
    return 1 if stale else 0


def check_names(names):
    seen = set()
    for name in names:
        assert name not in seen, f"two vectors are named {name!r}"
        seen.add(name)


def put(path, content):
    """Whether the file is, by now, as it should be."""
    if "--check" in sys.argv[1:]:
        return path.is_file() and path.read_bytes() == content.encode()
    path.write_bytes(content.encode())
    return True


def text(file):
    """JSON with one member of a vector on each line."""
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
    """JSON that shows what can be seen and escapes what cannot."""
    plain = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() and c != "\ufffd" else json.dumps(c)[1:-1] for c in plain)


if __name__ == "__main__":
    sys.exit(main())
