//! The store on one database, which the module above names.

use std::time::Duration;

use async_trait::async_trait;
use cryptocloud_postback_inbox::{
    Claim, ClaimId, Conflict, InboxStore, Lease, Report, StoreError, StoreErrorKind,
    rules::{self, Record, Step},
};
use sqlx::{Connection as _, Pool, Transaction, query::Query};
use tokio::task;

use super::{
    Arguments, BEGIN, Connection, Database, Store,
    steps::{self, Goal},
};
use crate::{
    Entry, decode,
    error::Failure,
    statements::{Statement, Statements},
};

/// Who asks for a claim.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Accept(&'a ClaimId),
    Claim(&'a ClaimId, &'a Report),
}

impl<'a> Ask<'a> {
    fn id(self) -> &'a ClaimId {
        match self {
            Self::Accept(id) | Self::Claim(id, _) => id,
        }
    }

    fn report(self) -> Option<&'a Report> {
        match self {
            Self::Accept(_) => None,
            Self::Claim(_, report) => Some(report),
        }
    }

    fn step(self, records: &[Record]) -> Step {
        match self {
            Self::Accept(id) => rules::accept(records, id.fingerprint()),
            Self::Claim(id, _) => rules::claim(records, id.fingerprint()),
        }
    }
}

impl Store {
    /// None where another worker came between two statements.
    async fn ask(&self, ask: Ask<'_>, lease: Duration) -> Result<Option<Claim>, Failure> {
        if let Some(report) = ask.report()
            && let Some(lease) = self.writer.claim(report, lease).await?
        {
            return Ok(Some(Claim::Acquired(lease)));
        }
        let statements = &*self.statements;
        // Most of what is known needs no write, and so no lock.
        let records = {
            let mut connection = self.pool.acquire().await?;
            steps::records(&mut connection, &statements.records, ask.id()).await?
        };
        if let Step::Answer(claim) = ask.step(&records) {
            return Ok(Some(claim));
        }
        let mut transaction = begin(&self.pool).await?;
        let claim = locked(&mut transaction, statements, ask, Goal::Lease(lease)).await?;
        transaction.commit().await?;
        Ok(claim)
    }

    async fn ask_until_answered(&self, ask: Ask<'_>, lease: Duration) -> Result<Claim, StoreError> {
        until_decided(|| self.ask(ask, lease)).await
    }

    /// Runs a statement, and says how many records it changed.
    async fn change<'a>(
        &self,
        change: impl Fn() -> Query<'a, Database, Arguments> + Sync,
    ) -> Result<u64, StoreError> {
        until_decided(|| async { Ok(Some(change().execute(&self.pool).await?.rows_affected())) })
            .await
    }

    /// A release, and the end of what else was released before it.
    async fn give_back(&self, lease: &Lease) -> Result<Option<()>, Failure> {
        let mut transaction = begin(&self.pool).await?;
        let released = steps::held(&self.statements.release, lease)
            .execute(&mut *transaction)
            .await?;
        if released.rows_affected() == 0 {
            return Err(StoreErrorKind::StaleLease.into());
        }
        steps::query(&self.statements.forget_other_free, lease.id())
            .execute(&mut *transaction)
            .await?;
        Ok(Some(transaction.commit().await?))
    }
}

#[async_trait]
impl InboxStore for Store {
    async fn claim(&self, report: &Report, lease: Duration) -> Result<Claim, StoreError> {
        let id = ClaimId::from(report);
        self.ask_until_answered(Ask::Claim(&id, report), lease)
            .await
    }

    async fn complete(&self, lease: &Lease) -> Result<(), StoreError> {
        let complete = || async { Ok(Some(self.writer.complete(lease).await?)) };
        match until_decided(complete).await? {
            true => Ok(()),
            false => Err(StoreErrorKind::StaleLease.into()),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        until_decided(|| self.give_back(lease)).await
    }

    async fn renew(&self, lease: &Lease, duration: Duration) -> Result<(), StoreError> {
        let millis = decode::millis(duration);
        let renew = || steps::held(&self.statements.renew, lease).bind(millis);
        match self.change(renew).await? {
            0 => Err(StoreErrorKind::StaleLease.into()),
            _ => Ok(()),
        }
    }

    async fn purge(&self, project: &str, age: Duration, limit: u32) -> Result<u64, StoreError> {
        let purge = || {
            sqlx::query(self.statements.purge.text())
                .bind(project)
                .bind(decode::millis(age))
                .bind(i64::from(limit))
        };
        self.change(purge).await
    }

    async fn conflicts(
        &self,
        project: &str,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<Conflict>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(Failure::from)?;
        Ok(steps::conflicts(&mut connection, &self.statements, project, after, limit).await?)
    }

    async fn conflict(&self, id: &ClaimId) -> Result<Option<Conflict>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(Failure::from)?;
        Ok(steps::conflict(&mut connection, &self.statements, id).await?)
    }

    async fn accept(&self, id: &ClaimId, lease: Duration) -> Result<Claim, StoreError> {
        self.ask_until_answered(Ask::Accept(id), lease).await
    }

    async fn discard(&self, id: &ClaimId) -> Result<(), StoreError> {
        let discard = || steps::query(&self.statements.discard, id);
        match self.change(discard).await? {
            0 => Err(StoreErrorKind::NotFound.into()),
            _ => Ok(()),
        }
    }
}

/// Begins a transaction, also for a caller who may be dropped at any await.
///
/// sqlx 0.9.0 gives a PostgreSQL connection back without a rollback where the caller is dropped while
/// BEGIN is on its way, and what others then write on it is never committed.
/// In a task of its own it comes to its end.
pub(crate) async fn begin(
    pool: &Pool<Database>,
) -> Result<Transaction<'static, Database>, Failure> {
    let pool = pool.clone();
    match task::spawn(async move { pool.begin_with(BEGIN).await }).await {
        Ok(begun) => Ok(begun?),
        // The runtime is shut down.
        Err(_) => Err(StoreErrorKind::Unavailable.into()),
    }
}

/// Claims within a transaction of the merchant's.
pub(crate) async fn claim_in(
    transaction: &mut Transaction<'_, Database>,
    statements: &Statements,
    report: &Report,
) -> Result<Entry, StoreError> {
    let id = ClaimId::from(report);
    for _ in 0..ATTEMPTS {
        if steps::insert_done(transaction, statements, report).await? {
            return Ok(Entry::First);
        }
        // A savepoint, since in PostgreSQL an error would end the merchant's transaction.
        let mut savepoint = transaction.begin().await.map_err(Failure::from)?;
        let ask = Ask::Claim(&id, report);
        match locked(&mut savepoint, statements, ask, Goal::Done).await {
            Ok(claim) => {
                savepoint.commit().await.map_err(Failure::from)?;
                match claim {
                    Some(Claim::Acquired(_)) => return Ok(Entry::First),
                    Some(Claim::Conflict) => return Ok(Entry::Conflict),
                    Some(Claim::Done) => return Ok(Entry::Done),
                    Some(Claim::InFlight { retry_after }) => {
                        return Ok(Entry::InFlight { retry_after });
                    }
                    None => {}
                }
            }
            Err(failure) => {
                savepoint.rollback().await.map_err(Failure::from)?;
                if !failure.is_taken() {
                    return Err(failure.into());
                }
            }
        }
    }
    Err(contended())
}

/// Tries again where another worker came between: None, or what the database says of it.
async fn until_decided<T, F>(attempt: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<Option<T>, Failure>>,
{
    for _ in 0..ATTEMPTS {
        match attempt().await {
            Ok(Some(decided)) => return Ok(decided),
            Ok(None) => {}
            Err(failure) if failure.is_race() => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(contended())
}

/// Decides again on records that nobody else can change meanwhile.
async fn locked(
    connection: &mut Connection,
    statements: &Statements,
    ask: Ask<'_>,
    goal: Goal,
) -> Result<Option<Claim>, Failure> {
    let statement: &Statement = &statements.records_locked;
    let records = steps::records(connection, statement, ask.id()).await?;
    let step = ask.step(&records);
    let is_locked = |record: &Record| record.fingerprint == *ask.id().fingerprint();
    if matches!(step, Step::Acquire { .. }) && !records.iter().any(is_locked) {
        // Somebody may insert it before the next statement, and then it is theirs.
        return Ok(None);
    }
    steps::carry_out(connection, statements, (ask.id(), ask.report()), step, goal).await
}

fn contended() -> StoreError {
    StoreError::new(
        StoreErrorKind::Unavailable,
        "others changed the same claim again and again",
    )
}

/// How long a store of its own waits for a connection: the inbox's default limit is 5 s.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(4);

/// Each lost race means that another worker got on.
const ATTEMPTS: usize = 100;
