use std::time::Duration;

use super::case::{Case, LONG, NONE, fields, operator, reason};
use crate::{
    Claim, ClaimQuery, Fence, Hold, HoldKind, Report, ReportId, Settles, State, StoreError,
    transition::{Fact, Facts, MAX_REPORTS},
};

/// A report in a state, in which some facts hold.
pub(super) struct Arranged {
    /// The claim that the report has or had; an invented one if it never had one.
    pub(super) claim: Claim,
    /// `None` if it is not stored.
    pub(super) id: Option<ReportId>,
    pub(super) report: Report,
}

impl<S: Settles> Case<S> {
    /// Brings a report into a state, or returns `None` if the facts cannot hold in it.
    pub(super) async fn arrange(
        &self,
        invoice: &str,
        from: Option<State>,
        facts: Facts,
    ) -> Result<Option<Arranged>, StoreError> {
        let has = |fact| facts.contains(fact);
        let is_blocking = from.is_some_and(State::blocks);
        let is_discarded = from == Some(State::Discarded);
        let is_impossible = (is_blocking && (has(Fact::Blocked) || has(Fact::Discarded)))
            || (has(Fact::Reconciled) && from.is_some())
            || (has(Fact::Unconfirmed) && from != Some(State::Held))
            || (has(Fact::Exhausted) && !matches!(from, Some(State::Failed | State::Running)))
            || (has(Fact::Unidentified) && from.is_some())
            || (has(Fact::Full) && from.is_some())
            || (has(Fact::Stale) && from.is_none())
            || (has(Fact::Rest) && from.is_some())
            || (has(Fact::Rest) && has(Fact::Reconciled) && !has(Fact::Discarded));
        if is_impossible {
            return Ok(None);
        }

        // In this order: reconciliation stores nothing beside a discarded report, and the first
        // postback adopts the reconciled one.
        let discarded = match has(Fact::Discarded) && !is_discarded {
            true => Some(self.held(&self.report(invoice, 101)).await?),
            false => None,
        };
        if has(Fact::Reconciled) {
            let report = Report::reconciled(self.identity(invoice), fields(102));
            self.store.reconcile(&report, None).await?;
            let claim = self.claim_one().await?;
            self.store.hold(&claim, &reason()).await?;
            self.receive(&self.report(invoice, 102)).await?;
            if has(Fact::Rest) {
                self.store
                    .discard(&self.project, claim.id, &operator())
                    .await?;
            }
        }
        if let Some(id) = discarded {
            self.store.discard(&self.project, id, &operator()).await?;
        }
        let report = Report {
            is_unidentified: has(Fact::Unidentified),
            ..self.report(invoice, 1)
        };
        let mut claim = Claim {
            id: ReportId::from_number(i64::MAX),
            fence: Fence::first(),
            report: report.clone(),
            age: NONE,
            lag: NONE,
            attempt: 1,
            accepted: None,
        };
        if let Some(state) = from {
            claim = self.bring(&report, state, facts).await?;
        }
        // Last, because nothing could become held beside a report that blocks.
        let id = from.map(|_| claim.id);
        if has(Fact::Full) {
            self.fill(invoice, usize::from(has(Fact::Blocked))).await?;
        }
        if has(Fact::Blocked) {
            let blocking = self.report(invoice, 2);
            match from {
                Some(State::Conflict) => (),
                _ if has(Fact::Rest) => drop(self.decided(&blocking, true).await?),
                _ => drop(self.start(&blocking, LONG).await?),
            }
        }
        if has(Fact::Stale) {
            claim.fence = claim.fence.next();
        }
        Ok(Some(Arranged { claim, id, report }))
    }

    async fn bring(
        &self,
        report: &Report,
        state: State,
        facts: Facts,
    ) -> Result<Claim, StoreError> {
        let has = |fact| facts.contains(fact);
        let delay = if has(Fact::NotDue) { LONG } else { NONE };
        if state == State::Conflict {
            let first = Report::new(report.identity.clone(), fields(2));
            let first = self.start(&first, LONG).await?;
            let (id, state) = self.receive(report).await?;
            assert_eq!(state, State::Conflict);
            if !has(Fact::Blocked) {
                self.store.hold(&first, &reason()).await?;
            }
            return Ok(Claim { id, ..first });
        }
        let claim = self.start(report, delay).await?;
        match state {
            State::Received => self.store.postpone(&claim, "", delay).await?,
            State::Running if has(Fact::Exhausted) => {
                self.store.fail(&claim, "", NONE).await?;
                return self.claim_for(delay).await;
            }
            State::Failed => self.store.fail(&claim, "", delay).await?,
            State::Done => drop(self.settle(&claim).await),
            State::Held => {
                let kind = match has(Fact::Unconfirmed) {
                    true => HoldKind::Unconfirmed,
                    false => HoldKind::Handler,
                };
                self.store.hold(&claim, &Hold::new(kind, "")).await?;
            }
            State::Discarded => {
                self.store.hold(&claim, &reason()).await?;
                let by = operator();
                self.store.discard(&self.project, claim.id, &by).await?;
            }
            State::Running | State::Conflict => (),
        }
        Ok(claim)
    }

    async fn claim_for(&self, lease: Duration) -> Result<Claim, StoreError> {
        let query = ClaimQuery {
            limit: 10,
            lease,
            retry_span: LONG,
        };
        let mut claimed = self.store.claim(&self.project, query).await?;
        assert_eq!(claimed.claims.len(), 1, "{claimed:?}");
        Ok(claimed.claims.remove(0))
    }

    /// Stores as many held reports as an identity can have, and leaves room for `room` more.
    async fn fill(&self, invoice: &str, room: usize) -> Result<(), StoreError> {
        for number in (1_000..).take(MAX_REPORTS.saturating_sub(room)) {
            self.held(&self.report(invoice, number)).await?;
        }
        Ok(())
    }
}
