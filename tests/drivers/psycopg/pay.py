"""Pays one order in a transaction of its own, which settles the payment.

Reads the payment as JSON, and writes {} or {"hold": "why an operator must look"}.
Exits with an error if the payment is to be tried again.
"""

import json
import os
import sys
from decimal import Decimal

import psycopg


class Hold(Exception):
    """No retry can mend it: an operator decides."""


def pay(connection: psycopg.Connection, payment: dict) -> None:
    # Rolls back after an exception.
    with connection.transaction():
        connection.execute(payment["mark"])

        # The invoice is proven: find the order by it.
        order = connection.execute(
            "SELECT id, amount, currency FROM orders WHERE invoice_id = %s",
            [payment["invoice_id"]],
        ).fetchone()
        if order is None:
            raise Hold("no order has this invoice")
        order_id, amount, currency = order
        # All else is only reported: compare it, unless an operator has accepted it.
        reported = payment["order_id"], payment["currency"]
        if not payment["is_accepted"] and reported != (order_id, currency):
            raise Hold("order or currency differs")
        if payment["amount"] is None or Decimal(payment["amount"]) < Decimal(amount):
            raise Hold("amount too low")
        connection.execute("UPDATE orders SET paid = TRUE WHERE id = %s", [order_id])
        connection.execute(
            "INSERT INTO outbox (order_id, message) VALUES (%s, 'paid')", [order_id]
        )

        # The last statement.
        connection.execute(
            "SELECT cryptocloud_inbox.settle(%s, %s)",
            [payment["claim_id"], payment["claim_fence"]],
        )


payment = json.load(sys.stdin)
try:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        pay(connection, payment)
    json.dump({}, sys.stdout)
except Hold as hold:
    json.dump({"hold": str(hold)}, sys.stdout)
except psycopg.Error as error:
    sys.exit(str(error))
