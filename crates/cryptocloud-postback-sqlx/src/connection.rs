//! Connections that return to the pool only once nothing is left undone on them.

use std::time::Duration;

use cryptocloud_postback_inbox::StoreError;
use sqlx::{Connection, SqlStr, Transaction, pool::PoolConnection};
use tokio::time::{self, Instant};

use crate::{
    dialect::{Dialect, Param},
    error::{Cause, Fault, Phase},
    file::File,
    queue::Turn,
    row::Row,
    store::SqlStore,
};

/// A connection of the pool that is closed when dropped, unless all on it came to its end.
///
/// A future may be dropped at any await, and sqlx 0.9 gives a PostgreSQL connection back inside an
/// open transaction if that happens while BEGIN is on the wire. When a connection is closed, the
/// database rolls back.
pub(crate) struct Checkout<DB: Dialect> {
    connection: PoolConnection<DB>,
    file: File,
    is_clean: bool,
}

impl<DB: Dialect> Checkout<DB> {
    pub(crate) async fn new<Tx>(
        store: &SqlStore<DB, Tx>,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        store.file.check()?;
        let acquire = store.pool.acquire();
        Ok(Self {
            connection: until::<DB, _>(deadline, Phase::Uncommitted, acquire).await?,
            file: store.file.clone(),
            is_clean: false,
        })
    }

    /// Closes the connection, whatever was done on it.
    pub(crate) fn close(mut self) {
        self.is_clean = false;
    }

    /// Whether a transaction is open after COMMIT, as after one that released a savepoint instead.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.connection.is_in_transaction()
    }

    /// Begins a transaction, of which sqlx knows, so that a `begin` of the handler is a savepoint.
    pub(crate) async fn begin(
        &mut self,
        sql: SqlStr,
        deadline: Instant,
    ) -> Result<Work<'_, DB>, Fault> {
        let begin = self.connection.begin_with(sql);
        let transaction = until::<DB, _>(deadline, Phase::Uncommitted, begin).await?;
        Ok(Work {
            deadline,
            file: &self.file,
            is_clean: &mut self.is_clean,
            transaction,
        })
    }

    async fn fetch(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        phase: Phase,
        deadline: Instant,
    ) -> Result<Vec<Row>, Fault> {
        let fetch = DB::fetch(&mut self.connection, sql, params);
        let result = until::<DB, _>(deadline, phase, fetch).await;
        self.is_clean = result
            .as_ref()
            .map_or_else(Fault::spares_connection, |_| true);
        let rows = result?;
        if phase == Phase::Committing {
            self.file.check_committed()?;
        }
        Ok(rows)
    }
}

impl<DB: Dialect> Drop for Checkout<DB> {
    fn drop(&mut self) {
        if !self.is_clean {
            self.connection.close_on_drop();
        }
    }
}

/// A transaction on a [`Checkout`]. Unless it is ended, the connection is closed.
pub(crate) struct Work<'c, DB: Dialect> {
    deadline: Instant,
    file: &'c File,
    is_clean: &'c mut bool,
    transaction: Transaction<'c, DB>,
}

impl<DB: Dialect> Work<'_, DB> {
    /// The connection, for a handler.
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.transaction
    }

    /// Lets each of the next calls take until then.
    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Fault> {
        let fetch = DB::fetch(&mut self.transaction, sql, params);
        until::<DB, _>(self.deadline, Phase::Uncommitted, fetch).await
    }

    /// Runs statements without parameters.
    pub(crate) async fn run(&mut self, sql: &'static str) -> Result<(), Fault> {
        let run = DB::run(&mut self.transaction, sql);
        until::<DB, _>(self.deadline, Phase::Uncommitted, run).await
    }

    pub(crate) async fn commit(self) -> Result<(), Fault> {
        let commit = self.transaction.commit();
        until::<DB, _>(self.deadline, Phase::Committing, commit).await?;
        *self.is_clean = true;
        self.file.check_committed()
    }

    pub(crate) async fn roll_back(self) {
        let rollback = self.transaction.rollback();
        *self.is_clean = matches!(time::timeout_at(self.deadline, rollback).await, Ok(Ok(())));
    }

    /// Commits, or rolls back after an error.
    pub(crate) async fn end<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        match &result {
            Ok(_) => self.commit().await?,
            Err(fault) if fault.spares_connection() => self.roll_back().await,
            Err(_) => {}
        }
        result
    }
}

impl<DB: Dialect, Tx> SqlStore<DB, Tx> {
    /// Runs a statement that changes nothing.
    pub(crate) async fn read(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Fault> {
        self.statement(sql, params, Phase::Uncommitted).await
    }

    /// Runs a statement in a transaction of its own.
    pub(crate) async fn write(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Fault> {
        self.statement(sql, params, Phase::Committing).await
    }

    /// A connection for a transaction of the inbox's own, with the turn to write.
    pub(crate) async fn writer(
        &self,
        deadline: Instant,
    ) -> Result<(Option<Turn>, Checkout<DB>), Fault> {
        let turn = self.queue.turn(deadline).await?;
        Ok((turn, Checkout::new(self, deadline).await?))
    }

    async fn statement(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        phase: Phase,
    ) -> Result<Vec<Row>, Fault> {
        let deadline = Instant::now() + DEADLINE;
        let _turn = match phase {
            Phase::Committing => self.queue.turn(deadline).await?,
            Phase::Uncommitted => None,
        };
        let mut connection = Checkout::new(self, deadline).await?;
        connection.fetch(sql, params, phase, deadline).await
    }
}

/// Tries again if another transaction came between.
pub(crate) async fn retry<T, F>(attempt: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Fault>>,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        match attempt().await {
            Err(fault) if fault.cause() == Cause::Race && Instant::now() < deadline => {}
            result => return Ok(result?),
        }
    }
}

/// Tries again, until the deadline, while another transaction holds what is needed.
pub(crate) async fn retry_locked<T, F>(
    deadline: Instant,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Fault>>,
{
    loop {
        match attempt().await {
            Err(fault) if fault.is_lock() && Instant::now() < deadline => time::sleep(PAUSE).await,
            result => return Ok(result?),
        }
    }
}

async fn until<DB: Dialect, T>(
    deadline: Instant,
    phase: Phase,
    call: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, Fault> {
    match time::timeout_at(deadline, call).await {
        Ok(result) => result.map_err(|error| Fault::new::<DB>(error, phase)),
        Err(_) => Err(Fault::late(phase)),
    }
}

/// How long a call may take: less than the inbox waits before it responds with 503, and more than
/// the database waits for a lock.
pub(crate) const DEADLINE: Duration = Duration::from_secs(4);

/// How long a start waits for other processes that start as well.
pub(crate) const START_DEADLINE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(100);
