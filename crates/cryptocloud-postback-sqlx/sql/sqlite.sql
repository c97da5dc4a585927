-- Claims of postbacks, and reports that conflict with them.
-- For your own migrations, where you would rather not call `SqliteStore::migrate`.
-- Times are milliseconds since 1970.

CREATE TABLE IF NOT EXISTS cryptocloud_inbox (
    -- SHA-256 of project, invoice and status
    key_digest  BLOB    NOT NULL,
    -- SHA-256 of the reported fields
    fingerprint BLOB    NOT NULL,
    project     TEXT    NOT NULL,
    invoice_id  TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    -- 0 free, 1 in flight, 2 done, 3 conflict, 4 discarded
    state       INTEGER NOT NULL,
    -- Whether all other reports of the same key are conflicts
    lead        INTEGER NOT NULL,
    fence       INTEGER NOT NULL,
    owner       BLOB,
    lease_until INTEGER,
    changed_at  INTEGER NOT NULL,
    -- Only of conflicts: when they arrived, and what they say
    received_at INTEGER,
    amount      TEXT,
    currency    TEXT,
    order_id    TEXT,
    PRIMARY KEY (key_digest, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX IF NOT EXISTS cryptocloud_inbox_lead
    ON cryptocloud_inbox (key_digest) WHERE lead;

CREATE INDEX IF NOT EXISTS cryptocloud_inbox_open
    ON cryptocloud_inbox (project, key_digest, fingerprint)
    WHERE received_at IS NOT NULL AND state IN (1, 3);

CREATE INDEX IF NOT EXISTS cryptocloud_inbox_settled
    ON cryptocloud_inbox (project, changed_at) WHERE state IN (0, 2, 4);
