"""Insecure on purpose: stands for the Python handlers of the vendor's page, and keeps their holes.

    python handler.py json
    python handler.py form

The third one has no hole, and shows what a sound handler may accept all the same:

    python handler.py sound
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt

SECRET = os.environ.get("JWT_SECRET") or "super-secret"


def token_passes(token):
    # The hole: only a token that is present is verified.
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


def respond_to_json(content_type, body):
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


def respond_to_form(content_type, body):
    # The hole: the fields are read, the token is ignored.
    parse_qs(body.decode(errors="replace"))
    return 200, {"message": "Postback received"}


def sound(content_type, body):
    data = json.loads(body)
    try:
        claims = jwt.decode(
            data["token"], SECRET, algorithms=["HS256"], options={"require": ["exp", "id"]}
        )
    except jwt.PyJWTError:
        return 401, {"error": "Invalid token"}
    if claims["id"] != data["invoice_id"]:
        return 401, {"error": "Invalid token"}
    payment = [data["order_id"], data["amount_crypto"], data["currency"], data["status"]]
    # An operator looks at what does not match.
    if payment == ["ORDER_93223", 0.000113, "BNB", "success"]:
        PAID.add(data["invoice_id"])
    return 200, {"message": "Postback received"}


def respond_soundly(content_type, body):
    try:
        return sound(content_type, body)
    except (KeyError, TypeError, ValueError):
        return 400, {"error": "Invalid JSON"}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, response = RESPOND(self.headers.get("Content-Type") or "", body)
        except Exception:
            # As a framework responds, for JSON that is nested too deeply.
            status, response = 500, {"error": "Internal error"}
        text = json.dumps(response).encode()
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


PAID = set()
RESPONDERS = {"json": respond_to_json, "form": respond_to_form, "sound": respond_soundly}
RESPOND = RESPONDERS[sys.argv[1]]
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}/postback", flush=True)
server.serve_forever()
