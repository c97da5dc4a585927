-- Payment inbox, version 1, for SQLite 3.42 and newer. Times are milliseconds since 1970.
-- Run it in one transaction. `ccpostback inbox migrate` and `SqliteStore::migrate` do.

CREATE TABLE main.cryptocloud_inbox_report (
    -- AUTOINCREMENT, so that the id of a deleted report is never given again.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The identity. Without transaction hashes, `transactions` is empty.
    project TEXT NOT NULL,
    invoice_id TEXT NOT NULL,
    transactions BLOB NOT NULL,
    -- NULL if reconciliation made the report and no postback has adopted it.
    fingerprint BLOB,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('received', 'running', 'failed', 'done', 'held', 'conflict', 'discarded')),
    fence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- When it last became received again: promoted, by a decision, or by reconciliation.
    reopened_at INTEGER,
    -- When a worker may claim it, or while running, when the lease ends.
    due_at INTEGER CHECK ((due_at IS NULL) = (state NOT IN ('received', 'running', 'failed'))),
    -- How long it had been due when it was last claimed, in milliseconds.
    lag INTEGER,
    failing_since INTEGER,
    settled_at INTEGER CHECK ((settled_at IS NULL) = (state NOT IN ('done', 'discarded'))),
    purged INTEGER NOT NULL DEFAULT false,
    amount TEXT,
    currency TEXT,
    order_id TEXT,
    invoice_info TEXT,
    -- The trace of the postback.
    traceparent TEXT,
    tracestate TEXT,
    -- What an operator named when accepting it.
    accepted_amount TEXT,
    accepted_order_id TEXT,
    hold_kind TEXT,
    hold_reason TEXT,
    last_error TEXT
) STRICT;

CREATE UNIQUE INDEX main.cryptocloud_inbox_report_fingerprint
    ON cryptocloud_inbox_report (project, invoice_id, transactions, fingerprint);
-- At most one report of an identity blocks the others.
CREATE UNIQUE INDEX main.cryptocloud_inbox_report_blocking
    ON cryptocloud_inbox_report (project, invoice_id, transactions)
    WHERE state IN ('received', 'running', 'failed', 'done');
-- Reconciliation stores the rest of a payment once.
CREATE UNIQUE INDEX main.cryptocloud_inbox_report_reconciled
    ON cryptocloud_inbox_report (project, invoice_id, transactions)
    WHERE source = 'reconciled' AND settled_at IS NULL;
CREATE INDEX main.cryptocloud_inbox_report_state
    ON cryptocloud_inbox_report (project, state, id);
CREATE INDEX main.cryptocloud_inbox_report_due
    ON cryptocloud_inbox_report (project, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX main.cryptocloud_inbox_report_settled
    ON cryptocloud_inbox_report (project, settled_at)
    WHERE settled_at IS NOT NULL AND NOT purged;
CREATE INDEX main.cryptocloud_inbox_report_purged
    ON cryptocloud_inbox_report (project, settled_at)
    WHERE settled_at IS NOT NULL AND purged;

-- The decisions of operators.
CREATE TABLE main.cryptocloud_inbox_decision (
    id INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL REFERENCES cryptocloud_inbox_report ON DELETE CASCADE,
    decided_at INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    note TEXT,
    event TEXT NOT NULL,
    from_state TEXT NOT NULL,
    amount TEXT,
    order_id TEXT
) STRICT;
CREATE INDEX main.cryptocloud_inbox_decision_report
    ON cryptocloud_inbox_decision (report_id);

-- The last turn to reconcile each project.
CREATE TABLE main.cryptocloud_inbox_reconciliation (
    project TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL,
    -- When the lease ends, or when the next turn is due.
    due_at INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    -- How far the turns came, in seconds since 1970 by the vendor's clock.
    cursor INTEGER
) STRICT;

-- An INSERT into it settles the report of a claim, as the last statement of the transaction.
CREATE VIEW main.cryptocloud_inbox_settle (report_id, claim_fence, keep_invoice_info) AS
    SELECT id, fence, false FROM cryptocloud_inbox_report WHERE false;
CREATE TRIGGER main.cryptocloud_inbox_settle_insert
    INSTEAD OF INSERT ON cryptocloud_inbox_settle
BEGIN
    SELECT RAISE(ROLLBACK, 'CC003: report was settled before')
        WHERE EXISTS (
            SELECT 1 FROM cryptocloud_inbox_report
                WHERE id = NEW.report_id AND fence = NEW.claim_fence AND state = 'done'
        );
    SELECT RAISE(ROLLBACK, 'CC002: claim is stale: another worker took over')
        WHERE NOT EXISTS (
            SELECT 1 FROM cryptocloud_inbox_report
                WHERE id = NEW.report_id AND fence = NEW.claim_fence AND state = 'running'
        );
    UPDATE cryptocloud_inbox_report
        SET state = 'done', due_at = NULL, failing_since = NULL,
            settled_at = CAST(unixepoch('subsec') * 1000 AS INTEGER),
            invoice_info = CASE WHEN NEW.keep_invoice_info THEN invoice_info END
        WHERE id = NEW.report_id;
END;

CREATE TABLE main.cryptocloud_inbox_version (
    number INTEGER NOT NULL,
    only_row INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_row)
) STRICT;
INSERT INTO main.cryptocloud_inbox_version (number) VALUES (1);
