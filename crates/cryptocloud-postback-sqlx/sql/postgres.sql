-- Claims of postbacks, and reports that conflict with them.
-- For your own migrations, where you would rather not call `PostgresStore::migrate`.

CREATE TABLE IF NOT EXISTS cryptocloud_inbox (
    -- SHA-256 of project, invoice and status
    key_digest  bytea       NOT NULL,
    -- SHA-256 of the reported fields
    fingerprint bytea       NOT NULL,
    project     text        NOT NULL,
    invoice_id  text        NOT NULL,
    status      text        NOT NULL,
    -- 0 free, 1 in flight, 2 done, 3 conflict, 4 discarded
    state       smallint    NOT NULL,
    -- Whether all other reports of the same key are conflicts
    lead        boolean     NOT NULL,
    fence       bigint      NOT NULL,
    owner       bytea,
    lease_until timestamptz,
    changed_at  timestamptz NOT NULL,
    -- Only of conflicts: when they arrived, and what they say
    received_at timestamptz,
    amount      text,
    currency    text,
    order_id    text,
    PRIMARY KEY (key_digest, fingerprint)
);

CREATE UNIQUE INDEX IF NOT EXISTS cryptocloud_inbox_lead
    ON cryptocloud_inbox (key_digest) WHERE lead;

CREATE INDEX IF NOT EXISTS cryptocloud_inbox_open
    ON cryptocloud_inbox (project, key_digest, fingerprint)
    WHERE received_at IS NOT NULL AND state IN (1, 3);

CREATE INDEX IF NOT EXISTS cryptocloud_inbox_settled
    ON cryptocloud_inbox (project, changed_at) WHERE state IN (0, 2, 4);
