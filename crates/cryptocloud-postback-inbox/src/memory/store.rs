use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use cryptocloud_postback::UnixTime;

use super::{
    MemoryStore,
    rows::{Row, Rows, is_over, later, unix},
};
use crate::{
    Accepted, Begin, Claim, ClaimQuery, Claimed, Counts, Decided, Decision, Event, Fence, Hold,
    HoldKind, InboxStore, Purge, Receipt, Record, Refusal, Report, ReportId, Start, State,
    StoreError, StoreErrorKind, Turn,
    transition::{Fact, Facts, Step, is_decided, next},
};

#[async_trait]
impl InboxStore for MemoryStore {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn now(&self) -> Result<UnixTime, StoreError> {
        Ok(self.with(|_, now| unix(now)))
    }

    async fn receive(&self, report: &Report, start: Start) -> Result<Receipt, StoreError> {
        self.with(|rows, now| {
            let known = rows.adopt(report);
            let id = known.map(|(id, _)| id);
            let facts = rows
                .facts(&report.identity, id)
                .with(Fact::StoreFirst, start == Start::Stored)
                .with(Fact::Unidentified, report.is_unidentified);
            match (
                next(known.map(|(_, state)| state), Event::Receive, facts),
                known,
            ) {
                (Step::Stay, Some((id, state))) => Ok(Receipt::Stored {
                    id,
                    state,
                    is_new: false,
                }),
                (Step::Become(state), None) => {
                    self.check_room(rows)?;
                    let row = rows.insert(report, state, now);
                    Ok(match (state, start) {
                        (State::Running, Start::Claimed(lease)) => {
                            Receipt::Claimed(row.grant(lease, now))
                        }
                        _ => Receipt::Stored {
                            id: row.id,
                            state,
                            is_new: true,
                        },
                    })
                }
                (Step::Refuse(refusal), _) => Err(refusal.into()),
                _ => Err(StoreErrorKind::Corrupt.into()),
            }
        })
    }

    async fn reconcile(
        &self,
        report: &Report,
        rest: Option<&Hold>,
    ) -> Result<ReportId, StoreError> {
        self.with(|rows, now| {
            let unconfirmed = rows.of(&report.identity).find(|row| row.is_unconfirmed());
            let id = unconfirmed.map(|row| row.id);
            let from = unconfirmed.map(|row| row.state);
            let is_decided = |row: &Row| is_decided(row.state, row.accepted.is_some());
            let is_rest = rest.is_some() && rows.of(&report.identity).all(is_decided);
            let facts = rows
                .facts(&report.identity, id)
                .with(Fact::Rest, is_rest)
                .with(Fact::Unconfirmed, id.is_some());
            match (next(from, Event::Reconcile, facts), id) {
                (Step::Become(state), Some(id)) => {
                    let row = rows.find(report.identity.project(), id)?;
                    row.enter(state, now);
                    row.start_over(now);
                    Ok(id)
                }
                (Step::Become(state), None) => {
                    self.check_room(rows)?;
                    let row = rows.insert(report, state, now);
                    if is_rest {
                        row.hold = rest.cloned();
                    }
                    Ok(row.id)
                }
                (Step::Refuse(refusal), _) => Err(refusal.into()),
                _ => Err(StoreErrorKind::Corrupt.into()),
            }
        })
    }

    async fn begin_reconciliation(
        &self,
        project: &str,
        lease: Duration,
        begin: Begin,
    ) -> Result<Option<Turn>, StoreError> {
        Ok(self.with(|rows, now| {
            let first = || Turn {
                project: project.into(),
                fence: Fence::first(),
                started_at: unix(now),
                cursor: None,
            };
            let entry = rows.turns.entry(project.into());
            let (turn, due_at) = entry.or_insert_with(|| (first(), now));
            if begin == Begin::IfDue && *due_at > now {
                return None;
            }
            turn.fence = turn.fence.next();
            *due_at = later(now, lease);
            Some(turn.clone())
        }))
    }

    async fn end_reconciliation(
        &self,
        turn: &Turn,
        cursor: Option<UnixTime>,
        next: Duration,
    ) -> Result<(), StoreError> {
        self.with(|rows, now| {
            let stored = rows.turns.get_mut(&turn.project);
            let stored = stored.filter(|(stored, _)| stored.fence == turn.fence);
            let (stored, due_at) = stored.ok_or(Refusal::Stale)?;
            stored.cursor = cursor.or(stored.cursor);
            *due_at = later(now, next);
            Ok(())
        })
    }

    async fn claim(&self, project: &str, query: ClaimQuery) -> Result<Claimed, StoreError> {
        self.with(|rows, now| {
            let mut claimed = Claimed::default();
            for id in rows.due(project, query.limit, now) {
                let row = rows.find(project, id)?;
                let since = row.failing_since;
                let is_used_up = since.is_some_and(|at| is_over(at, query.retry_span, now));
                let facts = Facts::NONE.with(Fact::Exhausted, is_used_up);
                match next(Some(row.state), Event::Claim, facts) {
                    Step::Become(State::Held) => {
                        row.enter(State::Held, now);
                        row.hold = Some(Hold::new(HoldKind::AttemptsUsedUp, ""));
                        claimed.used_up.push(id);
                    }
                    Step::Become(_) => {
                        if row.state == State::Running {
                            row.failing_since.get_or_insert(now);
                        }
                        claimed.claims.push(row.grant(query.lease, now));
                    }
                    Step::Forget | Step::Refuse(_) | Step::Stay => (),
                }
            }
            Ok(claimed)
        })
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        self.with(|rows, now| {
            rows.advance(claim, Event::Renew, now, |row| {
                row.due_at = Some(later(now, lease));
            })
        })
    }

    async fn hold(&self, claim: &Claim, hold: &Hold) -> Result<(), StoreError> {
        self.with(|rows, now| {
            rows.advance(claim, Event::Hold, now, |row| row.hold = Some(hold.clone()))
        })
    }

    async fn fail(&self, claim: &Claim, error: &str, delay: Duration) -> Result<(), StoreError> {
        self.with(|rows, now| {
            rows.advance(claim, Event::Fail, now, |row| {
                row.due_at = Some(later(now, delay));
                row.failing_since.get_or_insert(now);
                row.last_error = Some(error.into());
            })
        })
    }

    async fn postpone(
        &self,
        claim: &Claim,
        reason: &str,
        delay: Duration,
    ) -> Result<(), StoreError> {
        self.with(|rows, now| {
            rows.advance(claim, Event::Postpone, now, |row| {
                row.due_at = Some(later(now, delay));
                row.attempts = row.attempts.saturating_sub(1);
                row.last_error = Some(reason.into());
            })
        })
    }

    async fn promote(&self, project: &str, limit: u32) -> Result<Vec<ReportId>, StoreError> {
        self.with(|rows, now| {
            let is_conflict = |row: &&Row| row.state == State::Conflict;
            let conflicts = rows.iter(project).filter(is_conflict).map(|row| row.id);
            let conflicts: Vec<ReportId> = conflicts.collect();
            let mut promoted = Vec::new();
            // The oldest comes first, and blocks the others of its identity then.
            for id in conflicts {
                if promoted.len() >= to_usize(limit) {
                    break;
                }
                let identity = rows.find(project, id)?.report.identity.clone();
                let facts = rows.facts(&identity, Some(id));
                let step = next(Some(State::Conflict), Event::Promote, facts);
                if let Step::Become(state) = step {
                    let row = rows.find(project, id)?;
                    row.enter(state, now);
                    row.start_over(now);
                    promoted.push(id);
                }
            }
            Ok(promoted)
        })
    }

    async fn accept(
        &self,
        project: &str,
        id: ReportId,
        accepted: &Accepted,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let decision = (Event::Accept, Some(accepted), decision);
        self.with(|rows, now| rows.decide(project, id, decision, now))
    }

    async fn retry(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let decision = (Event::Retry, None, decision);
        self.with(|rows, now| rows.decide(project, id, decision, now))
    }

    async fn discard(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let decision = (Event::Discard, None, decision);
        self.with(|rows, now| rows.decide(project, id, decision, now))
    }

    async fn get(&self, project: &str, id: ReportId) -> Result<Option<Record>, StoreError> {
        Ok(self.with(|rows, _| rows.find(project, id).ok().map(|row| row.record())))
    }

    async fn find(&self, project: &str, invoice_id: &str) -> Result<Vec<Record>, StoreError> {
        Ok(self.with(|rows, _| {
            let is_of = |row: &&Row| row.report.invoice_id().as_str() == invoice_id;
            rows.iter(project).filter(is_of).map(Row::record).collect()
        }))
    }

    async fn list(
        &self,
        project: &str,
        state: State,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        Ok(self.with(|rows, _| {
            rows.iter(project)
                .filter(|row| row.state == state && Some(row.id) > after)
                .take(to_usize(limit))
                .map(Row::record)
                .collect()
        }))
    }

    async fn counts(&self, project: &str) -> Result<Counts, StoreError> {
        Ok(self.with(|rows, _| {
            let mut counts = Counts::default();
            for row in rows.iter(project) {
                match row.state {
                    State::Received => counts.received += 1,
                    State::Running => counts.running += 1,
                    State::Failed => counts.failed += 1,
                    State::Held => counts.held += 1,
                    State::Conflict => counts.conflict += 1,
                    State::Done | State::Discarded => (),
                }
            }
            counts
        }))
    }

    async fn oldest_unfinished(&self, project: &str) -> Result<Option<Duration>, StoreError> {
        Ok(self.with(|rows, now| {
            rows.iter(project)
                .filter(|row| row.state.is_unfinished())
                .map(|row| now.duration_since(row.received_at).unwrap_or_default())
                .max()
        }))
    }

    async fn history(&self, project: &str, id: ReportId) -> Result<Vec<Decided>, StoreError> {
        Ok(self.with(|rows, _| {
            rows.find(project, id)
                .map_or_else(|_| Vec::new(), |row| row.history.clone())
        }))
    }

    async fn purge(
        &self,
        project: &str,
        age: Duration,
        purge: Purge,
        limit: u32,
    ) -> Result<u64, StoreError> {
        Ok(self.with(|rows, now| rows.purge(project, (age, purge, limit), now)))
    }
}

impl Rows {
    /// Finds the report that a postback's report is known as, and adopts it if reconciliation stored
    /// it.
    fn adopt(&mut self, report: &Report) -> Option<(ReportId, State)> {
        let known = |row: &&Row| row.report.fingerprint == report.fingerprint;
        let adoptable = |row: &&Row| row.report.fingerprint.is_none();
        let found = self.of(&report.identity).find(known);
        let found = found.or_else(|| self.of(&report.identity).find(adoptable))?;
        let (id, state) = (found.id, found.state);
        if let Ok(row) = self.find(report.identity.project(), id) {
            row.report.fingerprint = report.fingerprint;
        }
        Some((id, state))
    }

    /// The reports that a worker may claim, those due longest first.
    fn due(&self, project: &str, limit: u32, now: SystemTime) -> Vec<ReportId> {
        let mut due: Vec<(SystemTime, ReportId)> = self
            .iter(project)
            .filter_map(|row| Some((row.due_at?, row.id, row.state)))
            .filter(|(due_at, _, state)| {
                let facts = Facts::NONE.with(Fact::NotDue, *due_at > now);
                matches!(next(Some(*state), Event::Claim, facts), Step::Become(_))
            })
            .map(|(due_at, id, _)| (due_at, id))
            .collect();
        due.sort_unstable();
        due.truncate(to_usize(limit));
        due.into_iter().map(|(_, id)| id).collect()
    }
}

impl Row {
    fn is_unconfirmed(&self) -> bool {
        let kind = self.hold.as_ref().map(|hold| hold.kind);
        self.state == State::Held && kind == Some(HoldKind::Unconfirmed)
    }
}

fn to_usize(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
