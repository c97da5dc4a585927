//! Every statement, written once. `Words` has the words that differ between the databases.

/// What one database calls what all statements name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) decision: &'static str,
    pub(crate) reconciliation: &'static str,
    pub(crate) report: &'static str,
    pub(crate) version: &'static str,
    /// The time at this moment.
    pub(crate) now: &'static str,
    /// The time when the statement began, by which an index can be searched.
    pub(crate) statement_time: &'static str,
    /// A duration of a millisecond.
    pub(crate) ms: &'static str,
    /// Before and after a time, to get its milliseconds since 1970.
    pub(crate) as_ms: (&'static str, &'static str),
    /// Before and after a query of a few ids, to compare an id with. PostgreSQL does not know how few
    /// `IN` with a LIMIT finds, and would scan the table for them.
    pub(crate) among: (&'static str, &'static str),
    /// Something to select from, which sets the limits of a statement that is a transaction of its
    /// own, without another round trip.
    pub(crate) limits: &'static str,
    /// Locks the selected reports until the transaction ends.
    pub(crate) lock: &'static str,
    /// The same, without those that others have locked.
    pub(crate) skip_locked: &'static str,
    /// Locks the identity of a digest ($1) until the transaction ends.
    pub(crate) lock_identity: &'static str,
    /// Counts the version tables: none or one.
    pub(crate) version_tables: &'static str,
    /// Selects `not durable`, `read-only` or what else is wrong with the database.
    pub(crate) problems: &'static str,
}

/// The statements of one database. `identity` stands for project ($1), invoice ($2) and
/// transactions ($3).
#[derive(Debug)]
pub(crate) struct Statements {
    /// Report, fingerprint.
    pub(crate) adopt: String,
    /// Project, lease, first fence, whether it is due anyway.
    pub(crate) begin_reconciliation: String,
    /// Project, limit, lease, retry span.
    pub(crate) claim: String,
    /// Project.
    pub(crate) counts: String,
    /// Report, operator, note, event, state before, amount, order.
    pub(crate) decide: String,
    /// Report.
    pub(crate) discard: String,
    /// Project, fence, cursor, delay.
    pub(crate) end_reconciliation: String,
    /// Claim, delay, error.
    pub(crate) fail: String,
    /// Project, invoice.
    pub(crate) find: String,
    /// Project, age, limit.
    pub(crate) forget: String,
    /// The same, of those whose fields were purged.
    pub(crate) forget_purged: String,
    /// Project, report.
    pub(crate) get: String,
    /// Project, report.
    pub(crate) history: String,
    /// Claim, kind, reason.
    pub(crate) hold: String,
    /// Report, fence.
    pub(crate) holds_claim: String,
    /// Identity.
    pub(crate) identity: String,
    /// Identity and the rest of a report.
    pub(crate) insert: String,
    /// The same, if the identity has no report.
    pub(crate) insert_first: String,
    /// Project, state, report to begin after, limit.
    pub(crate) list: String,
    /// Project, report.
    pub(crate) lock: String,
    /// Digest of the identity.
    pub(crate) lock_identity: String,
    pub(crate) now: String,
    /// Project.
    pub(crate) oldest_unfinished: String,
    /// Claim, delay, reason.
    pub(crate) postpone: String,
    pub(crate) problems: String,
    /// Project, limit.
    pub(crate) promote: String,
    /// Project, age, limit.
    pub(crate) purge: String,
    /// Claim, lease.
    pub(crate) renew: String,
    /// Report, amount, order.
    pub(crate) reopen: String,
    pub(crate) version: String,
    pub(crate) version_tables: String,
}

impl Statements {
    pub(crate) fn new(words: &Words) -> Self {
        let &Words {
            decision,
            reconciliation,
            report,
            version,
            now,
            statement_time,
            ms,
            limits,
            skip_locked,
            ..
        } = words;
        let as_ms = |time: &str| format!("{}{time}{}", words.as_ms.0, words.as_ms.1);
        let among = |ids: String| format!("{}{ids}{}", words.among.0, words.among.1);
        let record = format!(
            "id, state, fence, CAST(attempts AS bigint), project, invoice_id, transactions, \
             fingerprint, source, amount, currency, order_id, invoice_info, hold_kind, \
             hold_reason, last_error, accepted_amount, accepted_order_id, traceparent, tracestate, \
             lag, {}, {}, {}, {} - {}",
            as_ms("received_at"),
            as_ms("due_at"),
            as_ms("settled_at"),
            as_ms(now),
            as_ms("coalesce(reopened_at, received_at)")
        );
        // Claim ($1 and $2, with project $3), as all moves of a worker.
        let fenced = |set: &str| {
            format!(
                "UPDATE {report} SET {set} FROM {limits} \
                 WHERE id = $1 AND fence = $2 AND project = $3 AND state = 'running' RETURNING id"
            )
        };
        // A new report that finds one of its fingerprint, or one that blocks, is not inserted.
        let insert = |condition: &str| {
            format!(
                "INSERT INTO {report} (project, invoice_id, transactions, fingerprint, source, \
                 state, fence, attempts, received_at, due_at, amount, currency, order_id, \
                 invoice_info, hold_kind, hold_reason, traceparent, tracestate) \
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, {now}, \
                 CASE WHEN $9 >= 0 THEN {now} + $9 * {ms} END, $10, $11, $12, $13, $14, $15, $16, $17 \
                 FROM {limits} WHERE {condition} ON CONFLICT DO NOTHING RETURNING id"
            )
        };
        let of_identity = "project = $1 AND invoice_id = $2 AND transactions = $3";
        let settled = |which: &str| {
            among(format!(
                "SELECT id FROM {report}, {limits} WHERE project = $1 AND settled_at IS NOT NULL \
                 AND {which} AND settled_at <= {statement_time} - $2 * {ms} \
                 ORDER BY settled_at LIMIT $3{skip_locked}"
            ))
        };
        let is_used_up = format!(
            "state <> 'received' \
             AND coalesce(failing_since <= {statement_time} - $4 * {ms}, false)"
        );
        let due = among(format!(
            "SELECT id FROM {report}, {limits} WHERE project = $1 AND due_at <= {statement_time} \
             ORDER BY due_at, id LIMIT $2{skip_locked}"
        ));
        // Materialized, because SQLite would go through all reports of a project to group these.
        let freed = among(format!(
            "WITH conflicts AS MATERIALIZED (SELECT id, invoice_id, transactions FROM {report} \
             WHERE project = $1 AND state = 'conflict') \
             SELECT min(id) FROM conflicts, {limits} \
             WHERE NOT EXISTS (SELECT 1 FROM {report} AS other \
             WHERE other.project = $1 AND other.invoice_id = conflicts.invoice_id \
             AND other.transactions = conflicts.transactions \
             AND other.state IN ('received', 'running', 'failed', 'done')) \
             GROUP BY invoice_id, transactions ORDER BY min(id) LIMIT $2"
        ));
        Self {
            adopt: format!(
                "UPDATE {report} SET fingerprint = $2 WHERE id = (SELECT id FROM {report} \
                 WHERE id = $1 AND fingerprint IS NULL{skip_locked}) RETURNING id"
            ),
            begin_reconciliation: format!(
                "INSERT INTO {reconciliation} AS turn (project, started_at, due_at, fence) \
                 SELECT $1, {now}, {now} + $2 * {ms}, $3 FROM {limits} WHERE true \
                 ON CONFLICT (project) DO UPDATE \
                 SET due_at = excluded.due_at, fence = turn.fence + 1 \
                 WHERE turn.due_at <= {now} OR $4 > 0 \
                 RETURNING {}, fence, cursor",
                as_ms("started_at")
            ),
            claim: format!(
                "UPDATE {report} SET \
                 state = CASE WHEN {is_used_up} THEN 'held' ELSE 'running' END, \
                 fence = CASE WHEN {is_used_up} THEN fence ELSE fence + 1 END, \
                 attempts = CASE WHEN {is_used_up} THEN attempts ELSE attempts + 1 END, \
                 lag = {} - {}, \
                 due_at = CASE WHEN {is_used_up} THEN NULL ELSE {now} + $3 * {ms} END, \
                 failing_since = CASE WHEN state = 'running' THEN coalesce(failing_since, {now}) \
                 ELSE failing_since END, \
                 hold_kind = CASE WHEN {is_used_up} THEN 'kept failing for the whole retry span' \
                 ELSE hold_kind END, \
                 hold_reason = CASE WHEN {is_used_up} THEN '' ELSE hold_reason END \
                 WHERE id {due} RETURNING {record}",
                as_ms(now),
                as_ms("due_at")
            ),
            counts: format!(
                "SELECT state, count(*) FROM {report} WHERE project = $1 \
                 AND state IN ('received', 'running', 'failed', 'held', 'conflict') GROUP BY state"
            ),
            decide: format!(
                "INSERT INTO {decision} \
                 (report_id, decided_at, decided_by, note, event, from_state, amount, order_id) \
                 VALUES ($1, {now}, $2, $3, $4, $5, $6, $7)"
            ),
            discard: format!(
                "UPDATE {report} SET state = 'discarded', due_at = NULL, failing_since = NULL, \
                 settled_at = {now} WHERE id = $1"
            ),
            end_reconciliation: format!(
                "UPDATE {reconciliation} SET cursor = coalesce($3, cursor), \
                 due_at = {now} + $4 * {ms} FROM {limits} \
                 WHERE project = $1 AND fence = $2 RETURNING project"
            ),
            fail: fenced(&format!(
                "state = 'failed', due_at = {now} + $4 * {ms}, \
                 failing_since = coalesce(failing_since, {now}), last_error = $5"
            )),
            find: format!(
                "SELECT {record} FROM {report} WHERE project = $1 AND invoice_id = $2 ORDER BY id"
            ),
            forget: format!(
                "DELETE FROM {report} WHERE id {} RETURNING id",
                settled("NOT purged")
            ),
            forget_purged: format!(
                "DELETE FROM {report} WHERE id {} RETURNING id",
                settled("purged")
            ),
            get: format!("SELECT {record} FROM {report} WHERE project = $1 AND id = $2"),
            history: format!(
                "SELECT {}, decided_by, note, event, from_state, amount, order_id FROM {decision} \
                 WHERE report_id = (SELECT id FROM {report} WHERE project = $1 AND id = $2) \
                 ORDER BY id",
                as_ms("decided_at")
            ),
            hold: fenced("state = 'held', due_at = NULL, hold_kind = $4, hold_reason = $5"),
            holds_claim: format!(
                "SELECT id FROM {report} WHERE id = $1 AND fence = $2 AND state = 'running'"
            ),
            identity: format!(
                "SELECT id, state, fingerprint, source, hold_kind, accepted_amount FROM {report} \
                 WHERE {of_identity} ORDER BY id"
            ),
            insert: insert("true"),
            insert_first: insert(&format!(
                "NOT EXISTS (SELECT 1 FROM {report} WHERE {of_identity})"
            )),
            list: format!(
                "SELECT {record} FROM {report} WHERE project = $1 AND state = $2 AND id > $3 \
                 ORDER BY id LIMIT $4"
            ),
            lock: format!(
                "SELECT state, CAST(CASE WHEN EXISTS (SELECT 1 FROM {report} AS other \
                 WHERE other.project = report.project AND other.invoice_id = report.invoice_id \
                 AND other.transactions = report.transactions AND other.id <> report.id \
                 AND other.state IN ('received', 'running', 'failed', 'done')) \
                 THEN 1 ELSE 0 END AS bigint) \
                 FROM {report} AS report WHERE project = $1 AND id = $2{}",
                words.lock
            ),
            lock_identity: words.lock_identity.to_owned(),
            now: format!("SELECT {}", as_ms(now)),
            oldest_unfinished: format!(
                "SELECT {} - {} FROM {report} WHERE project = $1 \
                 AND state IN ('received', 'running', 'failed')",
                as_ms(statement_time),
                as_ms("min(received_at)")
            ),
            postpone: fenced(&format!(
                "state = 'received', due_at = {now} + $4 * {ms}, attempts = attempts - 1, \
                 last_error = $5"
            )),
            problems: words.problems.to_owned(),
            promote: format!(
                "UPDATE {report} SET state = 'received', due_at = {now}, attempts = 0, \
                 failing_since = NULL, reopened_at = {now} \
                 WHERE state = 'conflict' AND id {freed} RETURNING id"
            ),
            purge: format!(
                "UPDATE {report} SET purged = true, amount = NULL, currency = NULL, \
                 order_id = NULL, invoice_info = NULL, traceparent = NULL, tracestate = NULL, \
                 hold_kind = NULL, hold_reason = NULL, last_error = NULL WHERE id {} RETURNING id",
                settled("NOT purged")
            ),
            renew: fenced(&format!("due_at = {now} + $4 * {ms}")),
            reopen: format!(
                "UPDATE {report} SET state = 'received', due_at = {now}, attempts = 0, \
                 failing_since = NULL, reopened_at = {now}, \
                 accepted_amount = coalesce($2, accepted_amount), \
                 accepted_order_id = CASE WHEN $2 IS NULL THEN accepted_order_id ELSE $3 END \
                 WHERE id = $1"
            ),
            version: format!("SELECT CAST(number AS bigint) FROM {version}"),
            version_tables: words.version_tables.to_owned(),
        }
    }
}
