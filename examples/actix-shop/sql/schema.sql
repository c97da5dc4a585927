-- The shop's own tables; the claims have theirs in the same database.

-- IF NOT EXISTS alone fails where two processes find nothing at the same time.
SELECT pg_advisory_xact_lock(93223);

CREATE TABLE IF NOT EXISTS orders (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id       text   NOT NULL UNIQUE,
    -- Decimal text, as in the JSON; `numeric` does as well
    amount   text   NOT NULL,
    currency text   NOT NULL,
    -- The invoice; whatever else goes wrong, no invoice pays two orders
    paid_by  text   UNIQUE
);

-- Payments that a person has to look at: they are proven, but pay no order as they are.
CREATE TABLE IF NOT EXISTS unsettled_payments (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invoice_id  text   NOT NULL,
    order_id    text,
    amount      text   NOT NULL,
    currency    text   NOT NULL,
    reason      text   NOT NULL,
    received_at text   NOT NULL DEFAULT
        to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
);
