//! No statement reads the whole table.

use std::collections::BTreeMap;

use crate::statements::Statements;

/// The statements that payments and operators use, with the types of their parameters.
fn statements(all: &Statements) -> BTreeMap<&'static str, (&str, &'static str)> {
    let fenced = "bigint, bigint, text, bigint, text";
    let insert = "text, text, bytea, bytea, text, text, bigint, bigint, bigint, text, text, text, \
                  text, text, text, text, text";
    BTreeMap::from([
        ("adopt", (&*all.adopt, "bigint, bytea")),
        ("claim", (&*all.claim, "text, bigint, bigint, bigint")),
        ("counts", (&*all.counts, "text")),
        ("discard", (&*all.discard, "bigint")),
        ("fail", (&*all.fail, fenced)),
        ("find", (&*all.find, "text, text")),
        ("forget", (&*all.forget, "text, bigint, bigint")),
        (
            "forget_purged",
            (&*all.forget_purged, "text, bigint, bigint"),
        ),
        ("get", (&*all.get, "text, bigint")),
        ("history", (&*all.history, "text, bigint")),
        ("hold", (&*all.hold, "bigint, bigint, text, text, text")),
        ("holds_claim", (&*all.holds_claim, "bigint, bigint")),
        ("identity", (&*all.identity, "text, text, bytea")),
        ("insert", (&*all.insert, insert)),
        ("insert_first", (&*all.insert_first, insert)),
        ("list", (&*all.list, "text, text, bigint, bigint")),
        ("lock", (&*all.lock, "text, bigint")),
        ("oldest_unfinished", (&*all.oldest_unfinished, "text")),
        ("postpone", (&*all.postpone, fenced)),
        ("promote", (&*all.promote, "text, bigint")),
        ("purge", (&*all.purge, "text, bigint, bigint")),
        ("renew", (&*all.renew, "bigint, bigint, text, bigint")),
        ("reopen", (&*all.reopen, "bigint, text, text")),
    ])
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_scans_no_table() -> Result<(), Box<dyn std::error::Error>> {
    use sqlx::{AssertSqlSafe, Row, Sqlite};

    use crate::{SqliteStore, dialect::Calls};

    let folder = tempfile::tempdir()?;
    let store = SqliteStore::connect(folder.path().join("inbox.sqlite")).await?;
    store.migrate().await?;
    for (name, (sql, _)) in statements(Sqlite::statements()) {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explain).fetch_all(store.pool()).await?;
        let steps = rows.iter().map(|row| row.get::<String, _>("detail"));
        let steps: Vec<String> = steps.collect();
        assert!(!steps.is_empty(), "{name}");
        let is_scan = |step: &String| {
            step.starts_with("SCAN")
                && ["limits", "due", "conflicts", "CONSTANT ROW", "(subquery"]
                    .iter()
                    .all(|small| !step.contains(small))
        };
        assert!(!steps.iter().any(is_scan), "{name}: {steps:#?}");
        // Nor all that a project has.
        let is_wide = |step: &String| step.ends_with("(project=?)");
        assert!(!steps.iter().any(is_wide), "{name}: {steps:#?}");
    }
    Ok(())
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_scans_no_table() -> Result<(), Box<dyn std::error::Error>> {
    use sqlx::{AssertSqlSafe, Postgres, raw_sql};
    use throw_away_servers::PostgresServer;

    use crate::{PostgresStore, dialect::Calls};

    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let store = PostgresStore::connect(&server.url()).await?;
    store.migrate().await?;
    let mut connection = store.pool().acquire().await?;
    let fill = format!(
        "INSERT INTO cryptocloud_inbox.report (project, invoice_id, transactions, fingerprint, \
         source, state, fence, attempts, received_at, due_at, settled_at, purged) \
         SELECT 'shop', CASE state WHEN 'conflict' THEN 'A' ELSE i::text END, '', \
         int8send(i), 'postback', state, 1, 1, now(), \
         CASE WHEN state IN ('received', 'running', 'failed') THEN now() END, \
         CASE WHEN state IN ('done', 'discarded') THEN now() - i * interval '1 second' END, \
         i > 50000 AND state IN ('done', 'discarded') \
         FROM (SELECT i, {STATES} AS state FROM generate_series(1::bigint, 100000) AS i) AS rows"
    );
    raw_sql(AssertSqlSafe(fill))
        .execute(&mut *connection)
        .await?;
    raw_sql("ANALYZE").execute(&mut *connection).await?;
    for mode in ["force_custom_plan", "force_generic_plan"] {
        for (name, (sql, types)) in statements(Postgres::statements()) {
            let values = types.split(", ").map(|of| match of {
                "bigint" => "10",
                "bytea" => "'\\x00'",
                _ => "'shop'",
            });
            let values = values.collect::<Vec<_>>().join(", ");
            let prepare = format!(
                "SET plan_cache_mode = {mode}; DEALLOCATE ALL; PREPARE p ({types}) AS {sql}"
            );
            raw_sql(AssertSqlSafe(prepare))
                .execute(&mut *connection)
                .await?;
            let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE p ({values})"));
            let plan: Vec<String> = sqlx::query_scalar(explain)
                .persistent(false)
                .fetch_all(&mut *connection)
                .await?;
            let is_scan = |step: &String| step.contains("Seq Scan on report");
            assert!(!plan.iter().any(is_scan), "{mode}, {name}: {plan:#?}");
        }
    }
    Ok(())
}

/// Of 100,000 reports, one in a hundred is not done.
#[cfg(feature = "postgres")]
const STATES: &str = "CASE i % 1000 WHEN 0 THEN 'received' WHEN 1 THEN 'running' \
     WHEN 2 THEN 'failed' WHEN 3 THEN 'held' WHEN 4 THEN 'conflict' WHEN 5 THEN 'discarded' \
     ELSE 'done' END";
