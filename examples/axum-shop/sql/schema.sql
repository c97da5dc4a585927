-- The shop's own tables. Those of the inbox are in the same file, so that one commit covers both.

CREATE TABLE IF NOT EXISTS orders (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    -- Without its prefix INV-. Whatever else goes wrong, no invoice pays two orders.
    invoice_id TEXT UNIQUE,
    -- The vendor's page, where the customer pays.
    link       TEXT,
    -- A decimal string, since money never passes through a float.
    amount     TEXT NOT NULL,
    -- A coin, or the code of a fiat currency.
    currency   TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    -- The invoice that paid it.
    paid_by    TEXT UNIQUE,
    paid_at    TEXT
) STRICT;

-- E-mails to send. A process of your own sends each one and deletes its row.
CREATE TABLE IF NOT EXISTS outbox (
    number   INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE REFERENCES orders (id),
    subject  TEXT NOT NULL
) STRICT;
