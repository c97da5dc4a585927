//! The merchant's transaction and its end.

use std::mem;

use cryptocloud_postback_inbox::{Failure, FailureKind, Handler, Payment, Settled, State};
use cryptocloud_postback_sqlx::{
    postgres,
    sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql},
};

use crate::{
    database::Database,
    shared::{PAY, Script, TestResult},
};

#[tokio::test(flavor = "multi_thread")]
async fn ignored_error_of_a_statement_is_noticed() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let handler = Script::new([PAY, "SELECT * FROM missing"]).ignoring();
    match database.settle(&payment, &handler).await {
        Settled::RolledBack(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            assert!(
                source.is_some_and(|text| text.contains("ignored")),
                "{error:?}"
            );
        }
        settled => panic!("{settled:?}"),
    }
    assert_eq!(database.paid().await, 0);
    assert_eq!(database.record().await.state, State::Running);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn handler_that_ends_the_transaction_is_noticed() -> TestResult {
    let begin = "BEGIN";
    let fail = "SELECT * FROM missing";
    let scripts: [(Script, i64); 8] = [
        (Script::new([PAY, "COMMIT"]), 1),
        (Script::new([PAY, "ROLLBACK"]), 0),
        (Script::new([PAY, "COMMIT", begin]), 1),
        (Script::new([PAY, "COMMIT AND CHAIN"]), 1),
        (Script::new([PAY, "COMMIT"]).failing(), 1),
        (Script::new([PAY, "COMMIT", begin]).failing(), 1),
        (Script::new([PAY, "COMMIT", begin, fail]), 1),
        (Script::new([PAY, "COMMIT AND CHAIN", fail]), 1),
    ];
    for (script, paid) in scripts {
        let Some(database) = Database::new().await else {
            return Ok(());
        };
        let payment = database.payment().await;
        let settled = database.settle(&payment, &script).await;
        let name = script.name();
        assert!(
            matches!(settled, Settled::TransactionEnded),
            "{name}: {settled:?}"
        );
        assert_eq!(database.paid().await, paid, "{name}");
        assert_eq!(database.record().await.state, State::Running, "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn handler_that_settles_by_itself_is_held() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let claim = payment.claim();
    let settle = format!(
        "SELECT cryptocloud_inbox.settle({}, {})",
        claim.id, claim.fence
    );
    match database
        .settle(&payment, &Script::new([PAY, &settle]))
        .await
    {
        Settled::Failed(failure) => assert_eq!(failure.kind(), FailureKind::Hold),
        settled => panic!("{settled:?}"),
    }
    assert_eq!(database.paid().await, 0);
    assert_eq!(database.record().await.state, State::Running);
    // In another connection, without the mark.
    let error = raw_sql(AssertSqlSafe(settle))
        .execute(database.store.pool())
        .await;
    let error = error.err().and_then(|error| {
        let error = error.as_database_error()?;
        error.code().map(|code| code.into_owned())
    });
    assert_eq!(error.as_deref(), Some(postgres::TRANSACTION_ENDED));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn shadowing_names_fool_nothing() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    let handler = Script::new([
        PAY,
        "CREATE TEMP TABLE report (id bigint, fence bigint, state text)",
        "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql
         AS 'SELECT NULL::timestamptz'",
        "SET LOCAL search_path = pg_temp, public, pg_catalog",
    ]);
    let settled = database.settle(&payment, &handler).await;
    assert!(matches!(settled, Settled::Done), "{settled:?}");
    assert_eq!(database.record().await.state, State::Done);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn server_defaults_do_not_matter() -> TestResult {
    for isolation in ["'repeatable read'", "serializable"] {
        let isolation = format!("default_transaction_isolation = {isolation}");
        let settings = [isolation.as_str(), "synchronous_commit = off"];
        let Some(database) = Database::with(&settings).await else {
            return Ok(());
        };
        database
            .run(
                "CREATE TABLE seen (what text, isolation text, durability text);
                 CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 INSERT INTO public.seen VALUES (NEW.state, current_setting('transaction_isolation'),
                 current_setting('synchronous_commit')); RETURN NULL; END $$;
                 CREATE TRIGGER see AFTER INSERT OR UPDATE ON cryptocloud_inbox.report
                 FOR EACH ROW EXECUTE FUNCTION see()",
            )
            .await;
        let payment = database.payment().await;
        let settled = database.settle(&payment, &Script::new([PAY])).await;
        assert!(matches!(settled, Settled::Done), "{settled:?}");
        let at_settle = database
            .number(
                "SELECT count(*) FROM seen WHERE what = 'done' AND isolation = 'read committed'",
            )
            .await;
        assert_eq!(at_settle, 1);
        // One is the test's own change of the fence.
        let not_durable = database
            .number("SELECT count(*) FROM seen WHERE durability <> 'on'")
            .await;
        assert_eq!(not_durable, 1);
    }
    Ok(())
}

/// A handler that begins a transaction of its own within the given one, and leaves it open.
struct Forgets;

impl Handler<PgConnection> for Forgets {
    async fn handle(&self, _: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        let mut nested = tx.begin().await?;
        raw_sql(PAY).execute(&mut *nested).await?;
        mem::forget(nested);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_transaction_that_is_left_open_is_held() -> TestResult {
    let Some(database) = Database::new().await else {
        return Ok(());
    };
    let payment = database.payment().await;
    match database.settle(&payment, &Forgets).await {
        Settled::Failed(failure) => assert_eq!(failure.kind(), FailureKind::Hold),
        settled => panic!("{settled:?}"),
    }
    assert_eq!(database.paid().await, 0);
    assert_eq!(database.record().await.state, State::Running);
    Ok(())
}
