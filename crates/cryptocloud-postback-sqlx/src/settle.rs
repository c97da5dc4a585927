use std::{error, time::Duration};

use cryptocloud_postback_inbox::{
    Attempt, Claim, Failure, Handler, InboxStore, Settled, Settles, State, StoreError,
    StoreErrorKind,
};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use tokio::time::{self, Instant};

use crate::{
    connection::{Checkout, Work},
    dialect::{Dialect, ROLL_BACK_TO_SAVEPOINT},
    error::{Cause, Fault},
    store::SqlStore,
};

#[cfg(feature = "postgres")]
impl Settles for SqlStore<sqlx::Postgres, sqlx::PgConnection> {
    type Tx = sqlx::PgConnection;

    const IS_ATOMIC: bool = true;

    async fn settle<H: Handler<Self::Tx>>(&self, attempt: Attempt<'_, H>) -> Settled {
        in_given_transaction(self, attempt).await
    }
}

#[cfg(feature = "sqlite")]
impl Settles for SqlStore<sqlx::Sqlite, sqlx::SqliteConnection> {
    type Tx = sqlx::SqliteConnection;

    const IS_ATOMIC: bool = true;

    async fn settle<H: Handler<Self::Tx>>(&self, attempt: Attempt<'_, H>) -> Settled {
        in_given_transaction(self, attempt).await
    }
}

impl<DB: Dialect> Settles for SqlStore<DB, ()> {
    type Tx = ();

    /// If the handler settles in its transaction, as it has to.
    const IS_ATOMIC: bool = true;

    /// The handler settles in a transaction of its own, so only the outcome is looked up here.
    async fn settle<H: Handler<()>>(&self, attempt: Attempt<'_, H>) -> Settled {
        if let Err(ended) = in_own_transaction(self, &attempt).await {
            return ended;
        }
        let claim = attempt.claim();
        match self.get(claim.report.identity.project(), claim.id).await {
            Ok(Some(record)) if record.state == State::Done => Settled::Done,
            Ok(_) => Settled::NotSettled,
            Err(error) => Settled::Unknown(error),
        }
    }
}

async fn in_own_transaction<DB: Dialect, H: Handler<()>>(
    store: &SqlStore<DB, ()>,
    attempt: &Attempt<'_, H>,
) -> Result<(), Settled> {
    let _turn = if DB::ONE_WRITER {
        let deadline = Instant::now() + attempt.limits().statement;
        let turn = store.queue.handler_turn(deadline).await;
        Some(turn.map_err(|fault| Settled::NotBegun(fault.into()))?)
    } else {
        None
    };
    run::<DB, _, _>(attempt, &mut ())
        .await
        .map_err(Settled::Failed)
}

async fn in_given_transaction<DB: Dialect, H: Handler<DB::Connection>>(
    store: &SqlStore<DB>,
    attempt: Attempt<'_, H>,
) -> Settled {
    let limits = attempt.limits();
    let deadline = Instant::now() + limits.statement;
    let _turn = match store.queue.handler_turn(deadline).await {
        Ok(turn) => turn,
        Err(fault) => return Settled::NotBegun(fault.into()),
    };
    let mut connection = match Checkout::new(store, deadline).await {
        Ok(connection) => connection,
        Err(fault) => return Settled::NotBegun(fault.into()),
    };
    let begin = AssertSqlSafe(DB::begin(attempt.claim(), limits)).into_sql_str();
    let mut work = match connection.begin(begin, deadline).await {
        Ok(work) => work,
        Err(fault) => return Settled::NotBegun(fault.into()),
    };
    if DB::ONE_WRITER {
        // Nobody can take over until COMMIT, so this is final, and costs no round trip.
        match holds_claim(&mut work, attempt.claim()).await {
            Ok(true) => {}
            Ok(false) => {
                work.roll_back().await;
                return Settled::Stale;
            }
            Err(fault) => return Settled::NotBegun(fault.into()),
        }
    }
    let ran = run::<DB, _, _>(&attempt, work.connection()).await;
    work.set_deadline(Instant::now() + limits.statement);
    if let Err(failure) = ran {
        return roll_back(work, failure).await;
    }
    if let Err(fault) = settle(store, &attempt, &mut work).await {
        return not_settled(work, fault).await;
    }
    work.set_deadline(Instant::now() + limits.statement);
    if let Err(fault) = work.commit().await {
        let error = StoreError::from(fault);
        return match error.kind() {
            StoreErrorKind::OutcomeUnknown => Settled::Unknown(error),
            _ => Settled::RolledBack(error),
        };
    }
    if connection.is_in_transaction() {
        connection.close();
        return Settled::Failed(Failure::hold("handler left a nested transaction open"));
    }
    Settled::Done
}

/// Runs the handler within the limits of the inbox and of the database.
async fn run<DB: Dialect, Tx, H: Handler<Tx>>(
    attempt: &Attempt<'_, H>,
    tx: &mut Tx,
) -> Result<(), Failure> {
    let limit = DB::HANDLER_LIMIT.unwrap_or(Duration::MAX);
    match time::timeout(limit, attempt.run(tx)).await {
        Ok(ran) => ran,
        Err(_) => Err(Failure::retry("handler timed out")),
    }
}

/// After a failure of the handler.
async fn roll_back<DB: Dialect>(mut work: Work<'_, DB>, failure: Failure) -> Settled {
    match work.run(ROLL_BACK_TO_SAVEPOINT).await {
        Ok(()) => work.roll_back().await,
        Err(fault) if fault.cause() == Cause::NotInTransaction => {
            if !is_rolled_back_by_database::<DB>(&failure) {
                return Settled::TransactionEnded;
            }
        }
        // The connection is closed, and so the database rolls back.
        Err(_) => {}
    }
    Settled::Failed(failure)
}

async fn holds_claim<DB: Dialect>(work: &mut Work<'_, DB>, claim: &Claim) -> Result<bool, Fault> {
    let params = [claim.id.number().into(), claim.fence.number().into()];
    let rows = work.fetch(&DB::statements().holds_claim, &params).await?;
    Ok(!rows.is_empty())
}

async fn settle<DB: Dialect, H>(
    store: &SqlStore<DB>,
    attempt: &Attempt<'_, H>,
    work: &mut Work<'_, DB>,
) -> Result<(), Fault> {
    if let Some(sql) = DB::BEFORE_SETTLE {
        work.run(sql).await?;
    }
    let claim = attempt.claim();
    let params = [
        claim.id.number().into(),
        claim.fence.number().into(),
        i64::from(store.keeps_invoice_info).into(),
    ];
    work.fetch(DB::SETTLE, &params).await?;
    Ok(())
}

async fn not_settled<DB: Dialect>(work: Work<'_, DB>, fault: Fault) -> Settled {
    let cause = fault.cause();
    if fault.spares_connection() && cause != Cause::NotInTransaction {
        work.roll_back().await;
    }
    match cause {
        Cause::Aborted => Settled::RolledBack(StoreError::new(
            StoreErrorKind::Unavailable,
            "handler ignored the error of a statement, which aborted the transaction",
        )),
        Cause::NotInTransaction => Settled::TransactionEnded,
        Cause::SettledBefore => {
            Settled::Failed(Failure::hold("handler settled the payment by itself"))
        }
        Cause::Stale => Settled::Stale,
        _ => Settled::RolledBack(fault.into()),
    }
}

/// Whether the database itself ended the transaction when it failed, as SQLite does if the disk is
/// full.
fn is_rolled_back_by_database<DB: Dialect>(failure: &Failure) -> bool {
    let mut error: Option<&(dyn error::Error + 'static)> = Some(failure.error());
    while let Some(current) = error {
        if let Some(sqlx::Error::Database(error)) = current.downcast_ref() {
            let code = error.code().unwrap_or_default();
            return DB::ONE_WRITER
                && matches!(DB::cause(&code, error.message()), Cause::Full | Cause::Gone);
        }
        error = current.source();
    }
    false
}
