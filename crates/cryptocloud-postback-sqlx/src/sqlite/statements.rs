use crate::statements::Texts;

/// `'now'` stays the same within one statement.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
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
         received_at / 1000 FROM cryptocloud_inbox \
         WHERE received_at IS NOT NULL AND state IN (1, 3) AND "
    };
}

/// Of one key, so that the number of a lease is greater than all before.
macro_rules! next_fence {
    () => {
        "coalesce((SELECT max(fence) FROM cryptocloud_inbox WHERE key_digest = $1), 0) + 1"
    };
}

const RECORDS: &str = concat!(
    "SELECT fingerprint, state, lead, fence, \
     max(coalesce(lease_until - ",
    now!(),
    ", 0), 0) * 1000 FROM cryptocloud_inbox WHERE key_digest = $1"
);

pub(crate) const TEXTS: Texts = Texts {
    acquire: concat!(
        "UPDATE cryptocloud_inbox SET state = 1, lead = $3, fence = $4, owner = $5, lease_until = ",
        now!(),
        " + $6, changed_at = ",
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
    forget_other_free: "DELETE FROM cryptocloud_inbox \
         WHERE key_digest = $1 AND fingerprint <> $2 AND state = 0",
    insert_claim: concat!(
        "INSERT INTO cryptocloud_inbox (",
        columns!(),
        ", state, lead, fence, owner, lease_until, changed_at) SELECT $1, $2, $3, $4, $5, 1, TRUE, ",
        next_fence!(),
        ", $6, ",
        now!(),
        " + $7, ",
        now!(),
        // Without it, ON could belong to a join.
        " WHERE TRUE ON CONFLICT DO NOTHING RETURNING fence"
    ),
    insert_done: concat!(
        "INSERT INTO cryptocloud_inbox (",
        columns!(),
        ", state, lead, fence, owner, changed_at) SELECT $1, $2, $3, $4, $5, 2, TRUE, ",
        next_fence!(),
        ", $6, ",
        now!(),
        " WHERE TRUE ON CONFLICT DO NOTHING"
    ),
    // What is there is free: the transaction holds the one lock for writing.
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
         amount = excluded.amount, currency = excluded.currency, order_id = excluded.order_id"
    ),
    purge: concat!(
        "DELETE FROM cryptocloud_inbox WHERE (key_digest, fingerprint) IN (\
         SELECT key_digest, fingerprint FROM cryptocloud_inbox \
         WHERE project = $1 AND state IN (0, 2, 4) AND changed_at <= ",
        now!(),
        " - $2 ORDER BY changed_at LIMIT $3)"
    ),
    records: RECORDS,
    // The transaction holds the one lock for writing.
    records_locked: RECORDS,
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
        " + $5 WHERE ",
        record!(),
        " AND owner = $3 AND fence = $4 AND state = 1"
    ),
    schema: include_str!("../../sql/sqlite.sql"),
};
