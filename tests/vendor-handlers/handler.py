"""Insecure on purpose: stands for the Python handlers of the vendor's page, and keeps their holes.

    python handler.py json
    python handler.py form
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt

SECRET = os.environ.get("JWT_SECRET") or "super-secret"


def token_passes(token):
    # The hole: only a token that is there is verified.
    if token is None:
        return True
    if not isinstance(token, str):
        return False
    if not token.strip():
        return True
    try:
        jwt.decode(token.strip(), SECRET, algorithms=["HS256"])
    except jwt.PyJWTError:
        return False
    return True


def answer_json(content_type, body):
    data = None
    if content_type.split(";")[0].strip() == "application/json":
        try:
            data = json.loads(body)
        except ValueError:
            pass
    if not isinstance(data, dict):
        return 400, {"error": "Invalid JSON"}
    if not data.get("invoice_id") or not data.get("order_id"):
        return 400, {"error": "Missing invoice_id or order_id"}
    if not token_passes(data.get("token")):
        return 401, {"error": "Invalid token"}
    return 200, {"message": "Postback received"}


def answer_form(content_type, body):
    # The hole: the fields are read, and nothing is done with the token.
    parse_qs(body.decode(errors="replace"))
    return 200, {"message": "Postback received"}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, answer = ANSWER(self.headers.get("Content-Type") or "", body)
        except Exception:
            # As a framework answers, for JSON that is too deep.
            status, answer = 500, {"error": "Internal error"}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def other_method(self):
        self.send_error(405)

    do_GET = do_PUT = other_method

    def log_message(self, *_):
        pass


ANSWER = {"json": answer_json, "form": answer_form}[sys.argv[1]]
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}/postback", flush=True)
server.serve_forever()
