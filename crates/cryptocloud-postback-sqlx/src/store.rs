use std::{fmt, marker::PhantomData, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback::UnixTime;
use cryptocloud_postback_inbox::{
    Accepted, Begin, Claim, ClaimQuery, Claimed, Counts, Decided, Decision, Event, Fence, Hold,
    InboxStore, Purge, Receipt, Record, Refusal, Report, ReportId, Start, State, StoreError,
    StoreErrorKind, Turn,
};
use sqlx::Pool;
use tracing::error;

use crate::{
    connection::retry,
    dialect::{Dialect, Param},
    file::File,
    moves::Move,
    queue::Queue,
    row::{self, Row, corrupt},
};

/// An inbox in a SQL database: `PostgresStore` or `SqliteStore`.
///
/// `Tx` is what handlers get: the connection, inside the transaction that settle ends, or `()` for
/// handlers with a [transaction of their own](Self::with_own_transactions).
///
/// A clone shares the pool and the queue. Clone the store instead of making another one.
pub struct SqlStore<DB: Dialect, Tx = <DB as sqlx::Database>::Connection> {
    pub(crate) file: File,
    pub(crate) keeps_invoice_info: bool,
    pub(crate) pool: Pool<DB>,
    pub(crate) queue: Queue,
    tx: PhantomData<fn(Tx)>,
}

impl<DB: Dialect> SqlStore<DB> {
    /// A store on a pool of yours. It does nothing yet.
    ///
    /// Handlers use at most three of four connections, so that receives find one.
    #[must_use]
    pub fn new(pool: Pool<DB>) -> Self {
        let queue = if DB::ONE_WRITER {
            Queue::of_one_writer()
        } else {
            Queue::of_connections(pool.options().get_max_connections())
        };
        Self {
            file: DB::file(&pool),
            keeps_invoice_info: false,
            pool,
            queue,
            tx: PhantomData,
        }
    }

    /// A store for handlers that begin, settle and commit a transaction of their own, with another
    /// driver. Such a handler runs the published statements, of the module `postgres` or `sqlite`,
    /// itself; the payment is held for review if it returns `Ok` without having settled.
    ///
    /// On SQLite such handlers too run one at a time, for at most 2 s each.
    #[must_use]
    pub fn with_own_transactions(self) -> SqlStore<DB, ()> {
        SqlStore {
            file: self.file,
            keeps_invoice_info: self.keeps_invoice_info,
            pool: self.pool,
            queue: self.queue,
            tx: PhantomData,
        }
    }
}

impl<DB: Dialect, Tx> SqlStore<DB, Tx> {
    /// Keeps `invoice_info` until the retention clears it. Without this, settle does.
    #[must_use]
    pub fn keep_invoice_info(mut self) -> Self {
        self.keeps_invoice_info = true;
        self
    }

    /// The pool, for your own tables in the same database.
    #[must_use]
    pub fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// A move of the worker that holds the claim.
    async fn fenced(
        &self,
        sql: &'static str,
        claim: &Claim,
        rest: &[Param<'_>],
    ) -> Result<(), StoreError> {
        let mut params = vec![
            claim.id.number().into(),
            claim.fence.number().into(),
            claim.report.identity.project().into(),
        ];
        params.extend(rest);
        let rows = retry(|| self.write(sql, &params)).await?;
        rows.first().map(drop).ok_or_else(|| Refusal::Stale.into())
    }

    async fn decide(
        &self,
        project: &str,
        id: ReportId,
        operator: &Move<'_>,
    ) -> Result<(), StoreError> {
        retry(|| self.try_move(project, id, operator)).await
    }

    async fn records(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Record>, StoreError> {
        let rows = retry(|| self.read(sql, params)).await?;
        let record = |row| Ok(row::stored(row)?.record);
        rows.into_iter().map(record).collect()
    }

    async fn row(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Row, StoreError> {
        let rows = retry(|| self.read(sql, params)).await?;
        Ok(rows.into_iter().next().ok_or_else(corrupt)?)
    }
}

#[async_trait]
impl<DB: Dialect, Tx: 'static> InboxStore for SqlStore<DB, Tx> {
    async fn check(&self) -> Result<(), StoreError> {
        self.check_version().await?;
        let rows = retry(|| self.read(&DB::statements().problems, &[])).await?;
        let Some(mut row) = rows.into_iter().next() else {
            return Ok(());
        };
        let problem = row.text()?;
        let kind = match problem.split(':').next() {
            Some("not durable") => StoreErrorKind::NotDurable,
            Some("read-only") => StoreErrorKind::ReadOnly,
            _ => StoreErrorKind::Unavailable,
        };
        Err(StoreError::new(kind, problem))
    }

    async fn now(&self) -> Result<UnixTime, StoreError> {
        Ok(self.row(&DB::statements().now, &[]).await?.time()?)
    }

    async fn receive(&self, report: &Report, start: Start) -> Result<Receipt, StoreError> {
        retry(|| self.try_receive(report, start)).await
    }

    async fn reconcile(
        &self,
        report: &Report,
        rest: Option<&Hold>,
    ) -> Result<ReportId, StoreError> {
        retry(|| self.try_reconcile(report, rest)).await
    }

    async fn begin_reconciliation(
        &self,
        project: &str,
        lease: Duration,
        begin: Begin,
    ) -> Result<Option<Turn>, StoreError> {
        let params = [
            project.into(),
            Param::millis(lease),
            Fence::first().number().into(),
            i64::from(begin == Begin::Now).into(),
        ];
        let rows = retry(|| self.write(&DB::statements().begin_reconciliation, &params)).await?;
        let turn = |row| Ok(row::turn(project, row)?);
        rows.into_iter().next().map(turn).transpose()
    }

    async fn end_reconciliation(
        &self,
        turn: &Turn,
        cursor: Option<UnixTime>,
        next: Duration,
    ) -> Result<(), StoreError> {
        let cursor = cursor.map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        let params = [
            (&*turn.project).into(),
            turn.fence.number().into(),
            Param::Int(cursor),
            Param::millis(next),
        ];
        let rows = retry(|| self.write(&DB::statements().end_reconciliation, &params)).await?;
        rows.first().map(drop).ok_or_else(|| Refusal::Stale.into())
    }

    async fn claim(&self, project: &str, query: ClaimQuery) -> Result<Claimed, StoreError> {
        let params = [
            project.into(),
            query.limit.into(),
            Param::millis(query.lease),
            Param::millis(query.retry_span),
        ];
        let rows = retry(|| self.write(&DB::statements().claim, &params)).await?;
        let mut claimed = Claimed::default();
        for row in rows {
            match row::stored(row) {
                Ok(stored) if stored.record.state == State::Held => {
                    claimed.used_up.push(stored.record.id);
                }
                Ok(stored) => claimed.claims.push(stored.into_claim()),
                // The others are claimed already, and must not wait for their leases to end.
                Err(fault) => {
                    error!(error = %StoreError::from(fault), "report cannot be read and was skipped")
                }
            }
        }
        // An UPDATE returns its rows in no order.
        claimed.claims.sort_unstable_by_key(|claim| claim.id);
        Ok(claimed)
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        let rest = [Param::millis(lease)];
        self.fenced(&DB::statements().renew, claim, &rest).await
    }

    async fn hold(&self, claim: &Claim, hold: &Hold) -> Result<(), StoreError> {
        let rest = [hold.kind.as_str().into(), (&*hold.reason).into()];
        self.fenced(&DB::statements().hold, claim, &rest).await
    }

    async fn fail(&self, claim: &Claim, error: &str, delay: Duration) -> Result<(), StoreError> {
        let rest = [Param::millis(delay), error.into()];
        self.fenced(&DB::statements().fail, claim, &rest).await
    }

    async fn postpone(
        &self,
        claim: &Claim,
        reason: &str,
        delay: Duration,
    ) -> Result<(), StoreError> {
        let rest = [Param::millis(delay), reason.into()];
        self.fenced(&DB::statements().postpone, claim, &rest).await
    }

    async fn promote(&self, project: &str, limit: u32) -> Result<Vec<ReportId>, StoreError> {
        let params = [project.into(), limit.into()];
        let rows = retry(|| self.write(&DB::statements().promote, &params)).await?;
        rows.into_iter().map(|mut row| Ok(row.id()?)).collect()
    }

    async fn accept(
        &self,
        project: &str,
        id: ReportId,
        accepted: &Accepted,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let operator = Move {
            event: Event::Accept,
            accepted: Some(accepted),
            decision,
        };
        self.decide(project, id, &operator).await
    }

    async fn retry(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let operator = Move {
            event: Event::Retry,
            accepted: None,
            decision,
        };
        self.decide(project, id, &operator).await
    }

    async fn discard(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let operator = Move {
            event: Event::Discard,
            accepted: None,
            decision,
        };
        self.decide(project, id, &operator).await
    }

    async fn get(&self, project: &str, id: ReportId) -> Result<Option<Record>, StoreError> {
        let params = [project.into(), id.number().into()];
        Ok(self.records(&DB::statements().get, &params).await?.pop())
    }

    async fn find(&self, project: &str, invoice_id: &str) -> Result<Vec<Record>, StoreError> {
        let params = [project.into(), invoice_id.into()];
        self.records(&DB::statements().find, &params).await
    }

    async fn list(
        &self,
        project: &str,
        state: State,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let after = after.map_or(i64::MIN, ReportId::number);
        let params = [
            project.into(),
            state.as_str().into(),
            after.into(),
            limit.into(),
        ];
        self.records(&DB::statements().list, &params).await
    }

    async fn counts(&self, project: &str) -> Result<Counts, StoreError> {
        let params = [project.into()];
        let rows = retry(|| self.read(&DB::statements().counts, &params)).await?;
        let mut counts = Counts::default();
        for mut row in rows {
            let of_state = match row.state()? {
                State::Received => &mut counts.received,
                State::Running => &mut counts.running,
                State::Failed => &mut counts.failed,
                State::Held => &mut counts.held,
                State::Conflict => &mut counts.conflict,
                State::Discarded | State::Done => continue,
            };
            *of_state = u64::try_from(row.int()?).map_err(|_| corrupt())?;
        }
        Ok(counts)
    }

    async fn oldest_unfinished(&self, project: &str) -> Result<Option<Duration>, StoreError> {
        let params = [project.into()];
        let mut row = self
            .row(&DB::statements().oldest_unfinished, &params)
            .await?;
        Ok(row.maybe_int()?.map(row::duration))
    }

    async fn history(&self, project: &str, id: ReportId) -> Result<Vec<Decided>, StoreError> {
        let params = [project.into(), id.number().into()];
        let rows = retry(|| self.read(&DB::statements().history, &params)).await?;
        rows.into_iter().map(|row| Ok(row::decided(row)?)).collect()
    }

    async fn purge(
        &self,
        project: &str,
        age: Duration,
        purge: Purge,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let statements = DB::statements();
        let passes: &[&String] = match purge {
            Purge::Fields => &[&statements.purge],
            Purge::Identity => &[&statements.forget_purged, &statements.forget],
        };
        let mut left = limit;
        for sql in passes {
            let params = [project.into(), Param::millis(age), left.into()];
            let changed = retry(|| self.write(sql, &params)).await?.len();
            left = left.saturating_sub(u32::try_from(changed).unwrap_or(left));
        }
        Ok(u64::from(limit - left))
    }
}

impl<DB: Dialect, Tx> Clone for SqlStore<DB, Tx> {
    fn clone(&self) -> Self {
        Self {
            file: self.file.clone(),
            keeps_invoice_info: self.keeps_invoice_info,
            pool: self.pool.clone(),
            queue: self.queue.clone(),
            tx: PhantomData,
        }
    }
}

impl<DB: Dialect, Tx> fmt::Debug for SqlStore<DB, Tx> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &DB::NAME)
            .finish_non_exhaustive()
    }
}
