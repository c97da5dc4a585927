-- The shop's own tables; the claims have theirs in the same file.

CREATE TABLE IF NOT EXISTS orders (
    number   INTEGER PRIMARY KEY,
    id       TEXT    NOT NULL UNIQUE,
    -- Decimal text, since money never passes through a float
    amount   TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    -- The invoice; whatever else goes wrong, no invoice pays two orders
    paid_by  TEXT    UNIQUE
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
