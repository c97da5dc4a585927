use crate::statements::Texts;

/// Unlike `now()`, it goes on while a transaction waits for a lock.
macro_rules! now {
    () => {
        "clock_timestamp()"
    };
}

macro_rules! columns {
    () => {
        "key_digest, fingerprint, project, invoice_id, status"
    };
}

macro_rules! record {
    () => {
        "key_digest = $1 AND fingerprint = $2"
    };
}

macro_rules! conflict_columns {
    () => {
        "SELECT key_digest, fingerprint, project, invoice_id, status, amount, currency, order_id, \
         floor(extract(epoch FROM received_at))::bigint FROM cryptocloud_inbox \
         WHERE received_at IS NOT NULL AND state IN (1, 3) AND "
    };
}

/// Of one key, so that the number of a lease is greater than all before, but for one that another
/// report gets while this statement waits: owners differ, and they are compared too.
macro_rules! next_fence {
    () => {
        "coalesce((SELECT max(fence) FROM cryptocloud_inbox WHERE key_digest = $1), 0) + 1"
    };
}

macro_rules! records {
    () => {
        "SELECT fingerprint, state::bigint, lead, fence, \
         (greatest(extract(epoch FROM lease_until - clock_timestamp()), 0) * 1000000)::bigint \
         FROM cryptocloud_inbox WHERE key_digest = $1 "
    };
}

pub(crate) const TEXTS: Texts = Texts {
    acquire: concat!(
        "UPDATE cryptocloud_inbox SET state = 1, lead = $3, fence = $4, owner = $5, lease_until = ",
        now!(),
        " + $6 * interval '1 millisecond', changed_at = ",
        now!(),
        " WHERE ",
        record!()
    ),
    complete: concat!(
        "UPDATE cryptocloud_inbox SET state = 2, changed_at = ",
        now!(),
        " WHERE ",
        record!(),
        " AND owner = $3 AND fence = $4 AND state IN (1, 2)"
    ),
    conflict: concat!(conflict_columns!(), record!()),
    conflicts: concat!(
        conflict_columns!(),
        "project = $1 AND (key_digest, fingerprint) > ($2, $3) \
         ORDER BY key_digest, fingerprint LIMIT $4"
    ),
    demote: concat!(
        "UPDATE cryptocloud_inbox SET state = 0, lead = FALSE, changed_at = ",
        now!(),
        " WHERE ",
        record!()
    ),
    discard: concat!(
        "UPDATE cryptocloud_inbox SET state = 4, changed_at = ",
        now!(),
        " WHERE ",
        record!(),
        " AND state = 3"
    ),
    finish: concat!(
        "UPDATE cryptocloud_inbox SET state = 2, lead = $3, fence = $4, owner = $5, changed_at = ",
        now!(),
        " WHERE ",
        record!()
    ),
    // What others are at is theirs, and to wait for it in this order could be a deadlock.
    forget_other_free: "DELETE FROM cryptocloud_inbox WHERE (key_digest, fingerprint) IN (\
         SELECT key_digest, fingerprint FROM cryptocloud_inbox \
         WHERE key_digest = $1 AND fingerprint <> $2 AND state = 0 FOR UPDATE SKIP LOCKED)",
    insert_claim: concat!(
        "INSERT INTO cryptocloud_inbox (",
        columns!(),
        ", state, lead, fence, owner, lease_until, changed_at) SELECT $1, $2, $3, $4, $5, 1, TRUE, ",
        next_fence!(),
        ", $6, ",
        now!(),
        " + $7 * interval '1 millisecond', ",
        now!(),
        " ON CONFLICT DO NOTHING RETURNING fence"
    ),
    insert_done: concat!(
        "INSERT INTO cryptocloud_inbox (",
        columns!(),
        ", state, lead, fence, owner, changed_at) SELECT $1, $2, $3, $4, $5, 2, TRUE, ",
        next_fence!(),
        ", $6, ",
        now!(),
        " ON CONFLICT DO NOTHING"
    ),
    keep: concat!(
        "INSERT INTO cryptocloud_inbox (",
        columns!(),
        ", state, lead, fence, changed_at, received_at, amount, currency, order_id) \
         VALUES ($1, $2, $3, $4, $5, 3, FALSE, 0, ",
        now!(),
        ", ",
        now!(),
        ", $6, $7, $8) ON CONFLICT (key_digest, fingerprint) DO UPDATE SET state = 3, \
         changed_at = excluded.changed_at, received_at = excluded.received_at, \
         amount = excluded.amount, currency = excluded.currency, order_id = excluded.order_id \
         WHERE cryptocloud_inbox.state = 0"
    ),
    purge: concat!(
        "DELETE FROM cryptocloud_inbox WHERE (key_digest, fingerprint) IN (\
         SELECT key_digest, fingerprint FROM cryptocloud_inbox \
         WHERE project = $1 AND state IN (0, 2, 4) AND changed_at <= ",
        now!(),
        " - $2 * interval '1 millisecond' ORDER BY changed_at LIMIT $3 FOR UPDATE SKIP LOCKED)"
    ),
    records: records!(),
    // In one order, so that no two workers wait for each other.
    records_locked: concat!(records!(), "ORDER BY fingerprint FOR UPDATE"),
    release: concat!(
        "UPDATE cryptocloud_inbox \
         SET state = CASE WHEN received_at IS NULL THEN 0 ELSE 3 END, lead = FALSE, changed_at = ",
        now!(),
        " WHERE ",
        record!(),
        " AND owner = $3 AND fence = $4 AND state = 1"
    ),
    renew: concat!(
        "UPDATE cryptocloud_inbox SET lease_until = ",
        now!(),
        " + $5 * interval '1 millisecond' WHERE ",
        record!(),
        " AND owner = $3 AND fence = $4 AND state = 1"
    ),
    schema: include_str!("../../sql/postgres.sql"),
};
