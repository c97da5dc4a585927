"""Lets half of what Schemathesis generates pass: a generated name or token is never a genuine one."""

import os
import time

import jwt
import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    project = case.path_parameters.get("project")
    if isinstance(project, str) and len(project) % 2 == 0:
        case.path_parameters["project"] = "shop"
    if isinstance(case.body, dict):
        sign(case.body)


def sign(body):
    invoice, token = body.get("invoice_id"), body.get("token")
    if isinstance(invoice, str) and isinstance(token, str) and len(token) % 2 == 0:
        claims = {"id": invoice, "exp": int(time.time()) + 300}
        body["token"] = jwt.encode(claims, os.environ["CRYPTOCLOUD_SECRET_KEY"], "HS256")


@schemathesis.hook
def after_call(context, case, response):
    with open(os.environ["SCHEMATHESIS_LOG"], "a") as log:
        print(case.method, case.operation.path, response.status_code, file=log)
