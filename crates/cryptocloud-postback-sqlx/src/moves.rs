//! What needs more than one statement. Here the transition table itself decides.

use std::time::Duration;

use cryptocloud_postback_inbox::{
    Accepted, Claim, Decision, Event, Fence, Fingerprint, Hold, HoldKind, Receipt, Refusal, Report,
    ReportId, Source, Start, State, StoreErrorKind,
    transition::{Fact, Facts, MAX_REPORTS, Step, is_decided, next},
};
use sqlx::SqlSafeStr;
use tokio::time::Instant;

use crate::{
    connection::{DEADLINE, Work},
    dialect::{Dialect, Param},
    error::Fault,
    insertion::{Insertion, identity_params},
    row::{self, Row},
    store::SqlStore,
};

/// What a decision needs to know of a report of the identity.
struct Known {
    id: ReportId,
    state: State,
    fingerprint: Option<Fingerprint>,
    source: Source,
    hold_kind: Option<HoldKind>,
    is_accepted: bool,
}

impl Known {
    fn from_row(mut row: Row) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id()?,
            state: row.state()?,
            fingerprint: row.fingerprint()?,
            source: row.source()?,
            hold_kind: row.maybe_hold_kind()?,
            is_accepted: row.maybe_text()?.is_some(),
        })
    }
}

/// An operator's move.
pub(crate) struct Move<'a> {
    pub(crate) event: Event,
    pub(crate) accepted: Option<&'a Accepted>,
    pub(crate) decision: &'a Decision,
}

impl<DB: Dialect, Tx> SqlStore<DB, Tx> {
    pub(crate) async fn try_receive(
        &self,
        report: &Report,
        start: Start,
    ) -> Result<Receipt, Fault> {
        // Almost every postback is the first of its payment, and one statement is enough.
        let state = received(&[], report, start)?;
        let fence = Fence::first();
        let new = Insertion::new(report, state, start, fence);
        let params = new.params(report);
        let rows = self.write(&DB::statements().insert_first, &params).await?;
        if let Some(row) = rows.into_iter().next() {
            return receipt(row, report, state, fence);
        }
        // Almost every other one is a resend, and needs no lock.
        let rows = self
            .read(&DB::statements().identity, &identity_params(report))
            .await?;
        if let Some(receipt) = find(&known(rows)?, report) {
            return Ok(receipt);
        }
        let deadline = Instant::now() + DEADLINE;
        let (_turn, mut connection) = self.writer(deadline).await?;
        let mut work = connection.begin(DB::BEGIN.into_sql_str(), deadline).await?;
        let received = receive_locked(&mut work, report, start).await;
        work.end(received).await
    }

    pub(crate) async fn try_reconcile(
        &self,
        report: &Report,
        rest: Option<&Hold>,
    ) -> Result<ReportId, Fault> {
        let deadline = Instant::now() + DEADLINE;
        let (_turn, mut connection) = self.writer(deadline).await?;
        let mut work = connection.begin(DB::BEGIN.into_sql_str(), deadline).await?;
        let reconciled = reconcile_locked(&mut work, report, rest).await;
        work.end(reconciled).await
    }

    pub(crate) async fn try_move(
        &self,
        project: &str,
        id: ReportId,
        operator: &Move<'_>,
    ) -> Result<(), Fault> {
        let deadline = Instant::now() + DEADLINE;
        let (_turn, mut connection) = self.writer(deadline).await?;
        let mut work = connection.begin(DB::BEGIN.into_sql_str(), deadline).await?;
        let moved = move_locked(&mut work, project, id, operator).await;
        work.end(moved).await
    }
}

async fn receive_locked<DB: Dialect>(
    work: &mut Work<'_, DB>,
    report: &Report,
    start: Start,
) -> Result<Receipt, Fault> {
    let known = lock_identity(work, report).await?;
    if let Some(receipt) = find(&known, report) {
        return Ok(receipt);
    }
    let adopted = known.iter().find(|known| known.fingerprint.is_none());
    if let (Some(known), Some(fingerprint)) = (adopted, report.fingerprint) {
        let params = [
            known.id.number().into(),
            Param::Bytes(Some(fingerprint.as_bytes())),
        ];
        // Not adopted if it is just being settled: a resend does it later.
        work.fetch(&DB::statements().adopt, &params).await?;
        return Ok(Receipt::Stored {
            id: known.id,
            state: known.state,
            is_new: false,
        });
    }
    let state = received(&known, report, start)?;
    let fence = Fence::first();
    let row = insert(work, report, Insertion::new(report, state, start, fence)).await?;
    receipt(row, report, state, fence)
}

async fn reconcile_locked<DB: Dialect>(
    work: &mut Work<'_, DB>,
    report: &Report,
    rest: Option<&Hold>,
) -> Result<ReportId, Fault> {
    let known = lock_identity(work, report).await?;
    let unconfirmed = known
        .iter()
        .find(|known| known.state == State::Held && known.hold_kind == Some(HoldKind::Unconfirmed));
    let has = |test: fn(&Known) -> bool| known.iter().any(test);
    let is_decided = |known: &Known| is_decided(known.state, known.is_accepted);
    let rest = rest.filter(|_| known.iter().all(is_decided));
    let facts = Facts::NONE
        .with(Fact::Blocked, has(|known| known.state.blocks()))
        .with(
            Fact::Discarded,
            has(|known| known.state == State::Discarded),
        )
        .with(
            Fact::Reconciled,
            has(|known| known.source == Source::Reconciled),
        )
        .with(Fact::Rest, rest.is_some())
        .with(Fact::Unconfirmed, unconfirmed.is_some());
    let from = unconfirmed.map(|known| known.state);
    let state = target(next(from, Event::Reconcile, facts))?;
    if let Some(known) = unconfirmed {
        let project = report.identity.project();
        let (now, _) = lock(work, project, known.id).await?;
        if now != known.state {
            return Err(Fault::race());
        }
        let params = [
            known.id.number().into(),
            Param::Text(None),
            Param::Text(None),
        ];
        work.fetch(&DB::statements().reopen, &params).await?;
        return Ok(known.id);
    }
    let mut new = Insertion::new(report, state, Start::Stored, Fence::first());
    new.hold = rest.cloned();
    insert(work, report, new).await?.id()
}

async fn move_locked<DB: Dialect>(
    work: &mut Work<'_, DB>,
    project: &str,
    id: ReportId,
    operator: &Move<'_>,
) -> Result<(), Fault> {
    let (from, is_blocked) = lock(work, project, id).await?;
    let facts = Facts::NONE.with(Fact::Blocked, is_blocked);
    let amount = operator
        .accepted
        .map(|accepted| accepted.amount().to_string());
    let amount = Param::from(amount.as_deref());
    let order_id = Param::from(operator.accepted.and_then(Accepted::order_id));
    let statements = DB::statements();
    let number = Param::from(id.number());
    if target(next(Some(from), operator.event, facts))? == State::Discarded {
        work.fetch(&statements.discard, &[number]).await?;
    } else {
        let params = [number, amount, order_id];
        work.fetch(&statements.reopen, &params).await?;
    }
    let params = [
        number,
        (&*operator.decision.by).into(),
        operator.decision.note.as_deref().into(),
        row::event_name(operator.event).into(),
        from.as_str().into(),
        amount,
        order_id,
    ];
    work.fetch(&statements.decide, &params).await?;
    Ok(())
}

/// Locks a report; its state, and whether another one of its identity blocks.
async fn lock<DB: Dialect>(
    work: &mut Work<'_, DB>,
    project: &str,
    id: ReportId,
) -> Result<(State, bool), Fault> {
    let params = [project.into(), id.number().into()];
    let rows = work.fetch(&DB::statements().lock, &params).await?;
    let mut row = rows.into_iter().next().ok_or(StoreErrorKind::NotFound)?;
    Ok((row.state()?, row.int()? > 0))
}

/// Keeps other receives and reconciliations of the identity out, but waits for no settle.
async fn lock_identity<DB: Dialect>(
    work: &mut Work<'_, DB>,
    report: &Report,
) -> Result<Vec<Known>, Fault> {
    let [a, b, c, d, e, f, g, h, ..] = report.identity.digest();
    let key = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
    work.fetch(&DB::statements().lock_identity, &[key.into()])
        .await?;
    let rows = work
        .fetch(&DB::statements().identity, &identity_params(report))
        .await?;
    known(rows)
}

async fn insert<DB: Dialect>(
    work: &mut Work<'_, DB>,
    report: &Report,
    new: Insertion,
) -> Result<Row, Fault> {
    let rows = work
        .fetch(&DB::statements().insert, &new.params(report))
        .await?;
    // Another one blocks since we looked.
    rows.into_iter().next().ok_or_else(Fault::race)
}

/// The state of a new report beside those known.
fn received(known: &[Known], report: &Report, start: Start) -> Result<State, Fault> {
    let facts = Facts::NONE
        .with(
            Fact::Blocked,
            known.iter().any(|known| known.state.blocks()),
        )
        .with(Fact::Full, known.len() >= MAX_REPORTS)
        .with(Fact::StoreFirst, start == Start::Stored)
        .with(Fact::Unidentified, report.is_unidentified);
    target(next(None, Event::Receive, facts))
}

fn target(step: Step) -> Result<State, Fault> {
    match step {
        Step::Become(state) => Ok(state),
        Step::Refuse(refusal) => Err(refusal.into()),
        // No event here leads to these.
        Step::Forget | Step::Stay => Err(Refusal::State.into()),
    }
}

fn known(rows: Vec<Row>) -> Result<Vec<Known>, Fault> {
    rows.into_iter().map(Known::from_row).collect()
}

fn find(known: &[Known], report: &Report) -> Option<Receipt> {
    let known = known
        .iter()
        .find(|known| known.fingerprint.is_some() && known.fingerprint == report.fingerprint)?;
    Some(Receipt::Stored {
        id: known.id,
        state: known.state,
        is_new: false,
    })
}

fn receipt(mut row: Row, report: &Report, state: State, fence: Fence) -> Result<Receipt, Fault> {
    let id = row.id()?;
    if state != State::Running {
        return Ok(Receipt::Stored {
            id,
            state,
            is_new: true,
        });
    }
    Ok(Receipt::Claimed(Claim {
        id,
        fence,
        report: report.clone(),
        age: Duration::ZERO,
        lag: Duration::ZERO,
        attempt: 1,
        accepted: None,
    }))
}
