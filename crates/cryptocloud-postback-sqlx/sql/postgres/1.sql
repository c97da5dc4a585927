-- Payment inbox, version 1, for PostgreSQL 13 and newer.
-- Run it in one transaction. `ccpostback inbox migrate` and `PostgresStore::migrate` do.

-- CREATE SCHEMA IF NOT EXISTS needs the right to create one even if it exists.
DO $$
BEGIN
    IF to_regnamespace('cryptocloud_inbox') IS NULL THEN
        CREATE SCHEMA cryptocloud_inbox;
    END IF;
END
$$;

CREATE TABLE cryptocloud_inbox.report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The identity. Without transaction hashes, `transactions` is empty.
    project text NOT NULL,
    invoice_id text NOT NULL,
    transactions bytea NOT NULL,
    -- NULL if reconciliation made the report and no postback has adopted it.
    fingerprint bytea,
    source text NOT NULL,
    state text NOT NULL CHECK (state IN
        ('received', 'running', 'failed', 'done', 'held', 'conflict', 'discarded')),
    fence bigint NOT NULL,
    attempts integer NOT NULL,
    received_at timestamptz NOT NULL,
    -- When it last became received again: promoted, by a decision, or by reconciliation.
    reopened_at timestamptz,
    -- When a worker may claim it, or while running, when the lease ends.
    due_at timestamptz CHECK ((due_at IS NULL) = (state NOT IN ('received', 'running', 'failed'))),
    -- How long it had been due when it was last claimed, in milliseconds.
    lag bigint,
    failing_since timestamptz,
    settled_at timestamptz CHECK ((settled_at IS NULL) = (state NOT IN ('done', 'discarded'))),
    purged boolean NOT NULL DEFAULT false,
    amount text,
    currency text,
    order_id text,
    invoice_info text,
    -- The trace of the postback.
    traceparent text,
    tracestate text,
    -- What an operator named when accepting it.
    accepted_amount text,
    accepted_order_id text,
    hold_kind text,
    hold_reason text,
    last_error text
);

CREATE UNIQUE INDEX report_fingerprint
    ON cryptocloud_inbox.report (project, invoice_id, transactions, fingerprint);
-- At most one report of an identity blocks the others.
CREATE UNIQUE INDEX report_blocking
    ON cryptocloud_inbox.report (project, invoice_id, transactions)
    WHERE state IN ('received', 'running', 'failed', 'done');
-- Reconciliation stores the rest of a payment once.
CREATE UNIQUE INDEX report_reconciled
    ON cryptocloud_inbox.report (project, invoice_id, transactions)
    WHERE source = 'reconciled' AND settled_at IS NULL;
CREATE INDEX report_state ON cryptocloud_inbox.report (project, state, id);
CREATE INDEX report_due ON cryptocloud_inbox.report (project, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_settled ON cryptocloud_inbox.report (project, settled_at)
    WHERE settled_at IS NOT NULL AND NOT purged;
CREATE INDEX report_purged ON cryptocloud_inbox.report (project, settled_at)
    WHERE settled_at IS NOT NULL AND purged;

-- The decisions of operators.
CREATE TABLE cryptocloud_inbox.decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id bigint NOT NULL REFERENCES cryptocloud_inbox.report ON DELETE CASCADE,
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    note text,
    event text NOT NULL,
    from_state text NOT NULL,
    amount text,
    order_id text
);
CREATE INDEX decision_report ON cryptocloud_inbox.decision (report_id);

-- The last turn to reconcile each project.
CREATE TABLE cryptocloud_inbox.reconciliation (
    project text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    -- When the lease ends, or when the next turn is due.
    due_at timestamptz NOT NULL,
    fence bigint NOT NULL,
    -- How far the turns came, in seconds since 1970 by the vendor's clock.
    cursor bigint
);

-- Settles the report of a claim, as the last statement of the transaction that `BEGIN` marked.
CREATE FUNCTION cryptocloud_inbox.settle(
    report_id bigint, claim_fence bigint, keep_invoice_info boolean DEFAULT false
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('cryptocloud.claim', true)
        IS DISTINCT FROM concat(report_id, ':', claim_fence)
    THEN
        RAISE EXCEPTION 'transaction does not have the mark of this claim, or has ended'
            USING ERRCODE = 'CC001';
    END IF;
    UPDATE cryptocloud_inbox.report
        SET state = 'done', due_at = NULL, settled_at = clock_timestamp(), failing_since = NULL,
            invoice_info = CASE WHEN keep_invoice_info THEN invoice_info END
        WHERE id = report_id AND fence = claim_fence AND state = 'running';
    IF FOUND THEN
        RETURN;
    END IF;
    -- now() is the start of the transaction.
    IF EXISTS (
        SELECT FROM cryptocloud_inbox.report
            WHERE id = report_id AND fence = claim_fence AND settled_at >= now()
    ) THEN
        RAISE EXCEPTION 'report was settled since the transaction began' USING ERRCODE = 'CC003';
    END IF;
    RAISE EXCEPTION 'claim is stale: another worker took over, or the report was settled'
        USING ERRCODE = 'CC002';
END
$$;

CREATE TABLE cryptocloud_inbox.version (
    number integer NOT NULL,
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO cryptocloud_inbox.version (number) VALUES (1);
