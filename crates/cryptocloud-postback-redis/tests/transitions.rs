//! Every event in every state does what the transition table says.

mod common;

use std::time::Duration;

use cryptocloud_postback_inbox::{
    Claim, ClaimQuery, Decision, Event, Fence, Hold, HoldKind, InboxStore, Purge, Receipt, Refusal,
    Report, ReportId, Settled, Start, State, StoreError,
    transition::{self, Fact, Facts, Step},
};
use cryptocloud_postback_redis::RedisStore;

use common::{Counter, LEASE, TestResult, assert_done, attempt, claimed, report, start, store};

const DAY: Duration = Duration::from_secs(86_400);

/// Nothing but a resend, a reconciliation and an operator knows a report without a claim.
struct Subject {
    claim: Claim,
    id: ReportId,
    report: Report,
}

/// One row of the comparison.
#[derive(Clone, Copy, Debug)]
struct Case {
    state: State,
    event: Event,
    is_blocked: bool,
    is_exhausted: bool,
    is_recent: bool,
    is_stale: bool,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        let pairs = State::ALL.into_iter();
        let pairs = pairs.flat_map(|state| Event::ALL.map(|event| (state, event)));
        pairs.flat_map(|(state, event)| {
            (0..16).map(move |bits| Self {
                state,
                event,
                is_blocked: bits & 1 != 0 && !state.blocks(),
                is_exhausted: bits & 2 != 0,
                is_recent: bits & 4 != 0,
                is_stale: bits & 8 != 0,
            })
        })
    }

    fn facts(self) -> Facts {
        // Only a report that has failed, or whose lease has ended, can be used up.
        let is_used_up = self.is_exhausted && self.state == State::Failed;
        Facts::NONE
            .with(Fact::Blocked, self.is_blocked)
            .with(Fact::Exhausted, is_used_up)
            .with(Fact::Recent, self.is_recent)
            .with(Fact::Stale, self.is_stale)
            .with(Fact::NotDue, self.state == State::Running)
            .with(Fact::Unconfirmed, self.state == State::Held)
    }

    /// Whether the event looks for reports by itself, and passes over the others.
    fn searches(self) -> bool {
        use Event::{Claim, Forget, Promote, Purge};
        matches!(self.event, Claim | Forget | Promote | Purge)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_in_every_state() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = store(&server.url()).await?;
    for (number, case) in Case::all().enumerate() {
        check(&store, &format!("{number} '\":{{}}"), case).await?;
    }
    Ok(())
}

async fn check(store: &RedisStore, project: &str, case: Case) -> TestResult {
    let subject = bring(store, project, case).await?;
    let step = transition::next(Some(case.state), case.event, case.facts());
    let before = store.get(project, subject.id).await?;
    let result = apply(store, project, &subject, case).await;
    let after = store.get(project, subject.id).await?;
    let state = after.as_ref().map(|record| record.state);

    match step {
        Step::Become(to) => {
            assert!(result.is_ok(), "{case:?}: {result:?}");
            assert_eq!(state, Some(to), "{case:?}");
        }
        Step::Forget => assert_eq!(state, None, "{case:?}"),
        Step::Refuse(refusal) => {
            assert_eq!(after, before, "{case:?}");
            if case.event == Event::Reconcile {
                // Which of its refusals depends on the other reports.
                return Ok(());
            }
            let actual = result.err().and_then(|error| error.refusal());
            let expected = (!case.searches()).then_some(refusal);
            assert_eq!(actual, expected, "{case:?}");
        }
        Step::Stay if case.event == Event::Purge => {
            assert_eq!(state, Some(case.state), "{case:?}");
            let fields = after.map(|record| record.report.fields);
            assert_eq!(fields, Some(Default::default()), "{case:?}");
        }
        Step::Stay => assert_eq!(after, before, "{case:?}"),
    }
    Ok(())
}

/// Brings a report to a state, beside another one that blocks it or not.
async fn bring(store: &RedisStore, project: &str, case: Case) -> Result<Subject, StoreError> {
    let report = report(project, "A", "1");
    let hold = Hold::new(HoldKind::Unconfirmed, "");
    let lease = Start::Claimed(Duration::ZERO);
    if case.state == State::Conflict {
        let other = claimed(
            store
                .receive(&common::report(project, "A", "2"), lease)
                .await?,
        );
        let receipt = store.receive(&report, lease).await?;
        let Receipt::Stored { id, .. } = receipt else {
            panic!("{receipt:?}");
        };
        if !case.is_blocked {
            store
                .hold(&other, &Hold::new(HoldKind::Handler, ""))
                .await?;
        }
        let claim = Claim {
            id,
            report: report.clone(),
            ..other
        };
        return Ok(Subject { claim, id, report });
    }
    let claim = claimed(store.receive(&report, lease).await?);
    let by = Decision::by("ann");
    match case.state {
        State::Received => store.postpone(&claim, "", Duration::ZERO).await?,
        State::Running => {}
        State::Failed => store.fail(&claim, "", Duration::ZERO).await?,
        State::Done => assert_done(&attempt(store, &Counter::default(), &claim).await),
        State::Held => store.hold(&claim, &hold).await?,
        State::Conflict | State::Discarded => {
            store.hold(&claim, &hold).await?;
            store.discard(project, claim.id, &by).await?;
        }
    }
    if case.state == State::Running {
        // A lease of an hour, so that no worker may take it.
        store.renew(&claim, LEASE).await?;
    }
    if case.is_blocked {
        let other = common::report(project, "A", "2");
        let _claim = claimed(store.receive(&other, Start::Claimed(LEASE)).await?);
    }
    let id = claim.id;
    Ok(Subject { claim, id, report })
}

async fn apply(
    store: &RedisStore,
    project: &str,
    subject: &Subject,
    case: Case,
) -> Result<(), StoreError> {
    let id = subject.id;
    let mut claim = subject.claim.clone();
    if case.is_stale {
        claim.fence = Fence::from_number(claim.fence.number() - 1);
    }
    let age = if case.is_recent { DAY } else { Duration::ZERO };
    let retry_span = if case.is_exhausted {
        Duration::ZERO
    } else {
        DAY
    };
    let query = ClaimQuery {
        limit: 10,
        lease: LEASE,
        retry_span,
    };
    let by = Decision::by("ann");
    let (identity, fields) = (
        subject.report.identity.clone(),
        subject.report.fields.clone(),
    );
    match case.event {
        Event::Receive => {
            let receipt = store
                .receive(&subject.report, Start::Claimed(LEASE))
                .await?;
            assert!(
                matches!(receipt, Receipt::Stored { is_new: false, .. }),
                "{receipt:?}"
            );
            Ok(())
        }
        Event::Reconcile => store
            .reconcile(&Report::reconciled(identity, fields))
            .await
            .map(drop),
        Event::Claim => store.claim(project, query).await.map(drop),
        Event::Renew => store.renew(&claim, LEASE).await,
        Event::Settle => match attempt(store, &Counter::default(), &claim).await {
            Settled::Done => Ok(()),
            Settled::Stale => Err(Refusal::Stale.into()),
            other => panic!("{other:?}"),
        },
        Event::Hold => {
            store
                .hold(&claim, &Hold::new(HoldKind::Handler, "why"))
                .await
        }
        Event::Fail => store.fail(&claim, "error", DAY).await,
        Event::Postpone => store.postpone(&claim, "reason", DAY).await,
        Event::Promote => store.promote(project, 10).await.map(drop),
        Event::Accept => {
            let amount = subject.report.fields.amount_crypto;
            let amount = amount.unwrap_or_else(|| panic!("reported"));
            store.accept(project, id, amount, &by).await
        }
        Event::Retry => store.retry(project, id, &by).await,
        Event::Discard => store.discard(project, id, &by).await,
        Event::Purge => store.purge(project, age, Purge::Fields, 10).await.map(drop),
        Event::Forget => store
            .purge(project, age, Purge::Identity, 10)
            .await
            .map(drop),
    }
}
