-- The shop's own tables; the claims have theirs in the same file.

CREATE TABLE IF NOT EXISTS orders (
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    -- Decimal text, since money never passes through a float
    amount      TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    created_at  TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    -- The invoice; whatever else goes wrong, no invoice pays two orders
    paid_by     TEXT    UNIQUE,
    paid_at     TEXT,
    -- `json` or `form`, as the postback came
    paid_format TEXT
) STRICT;

-- Payments that a person has to look at: they are proven, but pay no order as they are.
CREATE TABLE IF NOT EXISTS unsettled_payments (
    number      INTEGER PRIMARY KEY,
    invoice_id  TEXT    NOT NULL,
    order_id    TEXT,
    amount      TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    received_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
) STRICT;

-- What came to `/postback`, for the page: the newest hundred, and never a token.
CREATE TABLE IF NOT EXISTS deliveries (
    number       INTEGER PRIMARY KEY,
    received_at  TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    outcome      TEXT    NOT NULL,
    status       INTEGER NOT NULL,
    answer       TEXT    NOT NULL,
    reason       TEXT,
    stopped_at   TEXT,
    format       TEXT,
    invoice_id   TEXT,
    order_id     TEXT,
    amount       TEXT,
    currency     TEXT,
    -- Tells the same token from a new one
    token_digest BLOB
) STRICT;

-- The invoice of an order that the simulator pays, and its newest token.
CREATE TABLE IF NOT EXISTS simulated_invoices (
    order_id   TEXT    PRIMARY KEY REFERENCES orders (id),
    invoice_id TEXT    NOT NULL UNIQUE,
    expires_at INTEGER,
    is_form    INTEGER NOT NULL DEFAULT 0
) STRICT;
