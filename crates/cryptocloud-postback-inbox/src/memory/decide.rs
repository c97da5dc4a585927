use std::time::{Duration, SystemTime};

use super::rows::{Rows, is_over, unix};
use crate::{
    Accepted, Decided, Decision, Event, Purge, ReportId, StoreError, StoreErrorKind,
    transition::{Fact, Facts, Step, next},
};

impl Rows {
    /// Carries out an operator's decision.
    pub(super) fn decide(
        &mut self,
        project: &str,
        id: ReportId,
        (event, accepted, decision): (Event, Option<&Accepted>, &Decision),
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let row = self.find(project, id)?;
        let (from, identity) = (row.state, row.report.identity.clone());
        match next(Some(from), event, self.facts(&identity, Some(id))) {
            Step::Become(state) => {
                let row = self.find(project, id)?;
                row.enter(state, now);
                if event != Event::Discard {
                    row.start_over(now);
                }
                if let Some(accepted) = accepted {
                    row.accepted = Some(accepted.clone());
                }
                row.history.push(Decided {
                    at: unix(now),
                    decision: decision.clone(),
                    event,
                    from,
                    accepted: accepted.cloned(),
                });
                Ok(())
            }
            Step::Refuse(refusal) => Err(refusal.into()),
            Step::Forget | Step::Stay => Err(StoreErrorKind::Corrupt.into()),
        }
    }

    pub(super) fn purge(
        &mut self,
        project: &str,
        (age, purge, limit): (Duration, Purge, u32),
        now: SystemTime,
    ) -> u64 {
        let event = match purge {
            Purge::Fields => Event::Purge,
            Purge::Identity => Event::Forget,
        };
        let steps = self.iter(project).filter_map(|row| {
            let is_old = row.settled_at.is_some_and(|at| is_over(at, age, now));
            let facts = Facts::NONE.with(Fact::Recent, !is_old);
            match next(Some(row.state), event, facts) {
                Step::Stay if row.is_purged => None,
                Step::Refuse(_) => None,
                step => Some((row.id, step)),
            }
        });
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let steps: Vec<(ReportId, Step)> = steps.take(limit).collect();
        let mut count = 0;
        for (id, step) in steps {
            match step {
                Step::Forget => self.remove(id),
                _ => {
                    if let Ok(row) = self.find(project, id) {
                        row.clear();
                    }
                }
            }
            count += 1;
        }
        count
    }
}
