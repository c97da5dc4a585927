use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime},
};

use cryptocloud_postback::UnixTime;

use crate::{
    Accepted, Claim, Decided, Event, Fence, Fields, Hold, HoldKind, Identity, Record, Report,
    ReportId, Source, State, StoreError, StoreErrorKind, Turn,
    transition::{Fact, Facts, MAX_REPORTS, Step, next},
};

/// All reports, by id and by identity, and the last turn to reconcile each project, with the time when
/// the next one is due.
#[derive(Default)]
pub(super) struct Rows {
    by_id: BTreeMap<ReportId, Row>,
    by_identity: HashMap<Identity, Vec<ReportId>>,
    last_id: i64,
    pub(super) turns: HashMap<Box<str>, (Turn, SystemTime)>,
}

pub(super) struct Row {
    pub(super) accepted: Option<Accepted>,
    pub(super) attempts: u32,
    /// When a worker may claim it, or when its lease ends.
    pub(super) due_at: Option<SystemTime>,
    pub(super) failing_since: Option<SystemTime>,
    pub(super) fence: Fence,
    pub(super) history: Vec<Decided>,
    pub(super) hold: Option<Hold>,
    pub(super) id: ReportId,
    pub(super) is_purged: bool,
    pub(super) last_error: Option<Box<str>>,
    pub(super) received_at: SystemTime,
    /// When it last became received again: promoted, by a decision, or by reconciliation.
    pub(super) reopened_at: Option<SystemTime>,
    pub(super) report: Report,
    pub(super) settled_at: Option<SystemTime>,
    pub(super) state: State,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn insert(&mut self, report: &Report, state: State, now: SystemTime) -> &mut Row {
        self.last_id = self.last_id.saturating_add(1);
        let id = ReportId::from_number(self.last_id);
        let ids = self.by_identity.entry(report.identity.clone()).or_default();
        ids.push(id);
        let row = self.by_id.entry(id).or_insert(Row {
            accepted: None,
            attempts: 0,
            due_at: None,
            failing_since: None,
            fence: Fence::first(),
            history: Vec::new(),
            hold: None,
            id,
            is_purged: false,
            last_error: None,
            received_at: now,
            reopened_at: None,
            report: report.clone(),
            settled_at: None,
            state,
        });
        row.enter(state, now);
        if state == State::Held {
            row.hold = Some(Hold::new(HoldKind::Unidentified, ""));
        }
        row
    }

    pub(super) fn remove(&mut self, id: ReportId) {
        if let Some(row) = self.by_id.remove(&id)
            && let Some(ids) = self.by_identity.get_mut(&row.report.identity)
        {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_identity.remove(&row.report.identity);
            }
        }
    }

    pub(super) fn iter(&self, project: &str) -> impl Iterator<Item = &Row> {
        let is_of = move |row: &&Row| row.report.identity.project() == project;
        self.by_id.values().filter(is_of)
    }

    pub(super) fn of(&self, identity: &Identity) -> impl Iterator<Item = &Row> {
        let ids = self.by_identity.get(identity).into_iter().flatten();
        ids.filter_map(|id| self.by_id.get(id))
    }

    /// The row with this id, if it is one of the project's.
    pub(super) fn find(&mut self, project: &str, id: ReportId) -> Result<&mut Row, StoreError> {
        let row = self.by_id.get_mut(&id);
        row.filter(|row| row.report.identity.project() == project)
            .ok_or_else(|| StoreErrorKind::NotFound.into())
    }

    /// What holds for a report, or for a new one with this identity.
    pub(super) fn facts(&self, identity: &Identity, id: Option<ReportId>) -> Facts {
        let mut others = self.of(identity).filter(|row| Some(row.id) != id);
        let is_any = |test: fn(&Row) -> bool| self.of(identity).any(test);
        Facts::NONE
            .with(Fact::Blocked, others.any(|row| row.state.blocks()))
            .with(Fact::Discarded, is_any(|row| row.state == State::Discarded))
            .with(Fact::Full, self.of(identity).count() >= MAX_REPORTS)
            .with(
                Fact::Reconciled,
                is_any(|row| row.report.source == Source::Reconciled),
            )
    }

    /// Carries out a worker's move, and lets `change` do the rest.
    pub(super) fn advance(
        &mut self,
        claim: &Claim,
        event: Event,
        now: SystemTime,
        change: impl FnOnce(&mut Row),
    ) -> Result<(), StoreError> {
        let row = self.by_id.get_mut(&claim.id);
        let state = row.as_ref().map(|row| row.state);
        let is_stale = row.as_ref().is_none_or(|row| row.fence != claim.fence);
        let facts = Facts::NONE.with(Fact::Stale, is_stale);
        match (next(state, event, facts), row) {
            (Step::Become(state), Some(row)) => {
                row.enter(state, now);
                change(row);
                Ok(())
            }
            (Step::Refuse(refusal), _) => Err(refusal.into()),
            _ => Err(StoreErrorKind::Corrupt.into()),
        }
    }

    pub(super) fn settle(&mut self, claim: &Claim, now: SystemTime) -> Result<(), StoreError> {
        self.advance(claim, Event::Settle, now, |row| {
            row.report.fields.invoice_info = None;
        })
    }
}

impl Row {
    /// Gives the row its next state, and what every row in that state has.
    pub(super) fn enter(&mut self, state: State, now: SystemTime) {
        self.state = state;
        self.due_at = (state == State::Received).then_some(now);
        self.settled_at = state.is_final().then_some(now);
    }

    /// Leases the row to a worker.
    pub(super) fn grant(&mut self, lease: Duration, now: SystemTime) -> Claim {
        self.enter(State::Running, now);
        self.fence = self.fence.next();
        self.attempts = self.attempts.saturating_add(1);
        self.due_at = Some(later(now, lease));
        let since = self.reopened_at.unwrap_or(self.received_at);
        Claim {
            id: self.id,
            fence: self.fence,
            report: self.report.clone(),
            age: now.duration_since(since).unwrap_or_default(),
            attempt: self.attempts,
            accepted: self.accepted.clone(),
        }
    }

    pub(super) fn start_over(&mut self, now: SystemTime) {
        self.attempts = 0;
        self.failing_since = None;
        self.reopened_at = Some(now);
    }

    pub(super) fn clear(&mut self) {
        self.is_purged = true;
        self.report.fields = Fields::default();
        self.report.trace = None;
        self.hold = None;
        self.last_error = None;
    }

    pub(super) fn record(&self) -> Record {
        Record {
            id: self.id,
            report: self.report.clone(),
            state: self.state,
            attempts: self.attempts,
            hold: self.hold.clone(),
            last_error: self.last_error.clone(),
            accepted: self.accepted.clone(),
            received_at: unix(self.received_at),
            due_at: self.due_at.map(unix),
            settled_at: self.settled_at.map(unix),
        }
    }
}

/// This much later, or for longer than time can tell, a century.
pub(super) fn later(time: SystemTime, duration: Duration) -> SystemTime {
    let century = Duration::from_secs(100 * 366 * 86_400);
    time.checked_add(duration.min(century)).unwrap_or(time)
}

/// Whether this much time has passed.
pub(super) fn is_over(since: SystemTime, duration: Duration, now: SystemTime) -> bool {
    now.duration_since(since)
        .is_ok_and(|passed| passed >= duration)
}

pub(super) fn unix(time: SystemTime) -> UnixTime {
    UnixTime::try_from(time).unwrap_or(UnixTime::from_secs(0))
}
