-- The shop's own tables. Those of the inbox are in the same database, so that one commit covers both.

-- Two processes may migrate at once, and then IF NOT EXISTS alone fails.
SELECT pg_advisory_xact_lock(93223);

CREATE TABLE IF NOT EXISTS orders (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         text NOT NULL UNIQUE,
    -- Without its prefix INV-. Whatever else goes wrong, no invoice pays two orders.
    invoice_id text UNIQUE,
    -- The vendor's page, where the customer pays.
    link       text,
    -- A decimal string, since money never passes through a float.
    amount     text NOT NULL,
    -- A coin, or the code of a fiat currency.
    currency   text NOT NULL,
    created_at text NOT NULL DEFAULT
        to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    -- The invoice that paid it.
    paid_by    text UNIQUE,
    paid_at    text
);

-- E-mails to send. A process of your own sends each one and deletes its row.
CREATE TABLE IF NOT EXISTS outbox (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id text NOT NULL UNIQUE REFERENCES orders (id),
    subject  text NOT NULL
);
