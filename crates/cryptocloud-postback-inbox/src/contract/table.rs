use super::{
    arrange::Arranged,
    case::{Case, LONG, NONE, amount, fields, operator, reason, rest},
};
use crate::{
    Accepted, ClaimQuery, Event, Fields, Purge, Receipt, Refusal, Report, ReportId, Settled,
    Settles, Start, State, StoreError, StoreErrorKind,
    transition::{Fact, Facts, Step, TABLE, next},
};

/// Compares the store with the transition table: every event, in every state, under every
/// combination of the facts that the event's rules ask for.
pub(super) async fn every_event_in_every_state<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let states = State::ALL.into_iter().map(Some).chain([None]);
    let mut count = 0;
    for from in states {
        for event in Event::ALL {
            for facts in combinations(event) {
                let case = Case::new(&case.project, case.store.clone());
                count += u32::from(compare(&case, from, event, facts).await?);
            }
        }
    }
    // So that a mistake in `arrange` does not leave everything out.
    assert!(count > 150, "{count} cases were arranged");
    Ok(())
}

/// Every combination of the facts that decide about an event.
fn combinations(event: Event) -> Vec<Facts> {
    let rules = TABLE.iter().filter(|rule| rule.event == event);
    let mut facts: Vec<Fact> = rules.flat_map(|rule| rule.when).copied().collect();
    facts.sort_unstable();
    facts.dedup();
    facts.into_iter().fold(vec![Facts::NONE], |sets, fact| {
        let with = |set: Facts| [set, set.with(fact, true)];
        sets.into_iter().flat_map(with).collect()
    })
}

/// What an event did, in the words of the table.
#[derive(Debug, Eq, PartialEq)]
enum Outcome {
    Became(State),
    Forgotten,
    /// Nothing changed, and the caller learned why.
    Refused(Refusal),
    /// Nothing changed: the report is simply not among those that the call is about.
    Skipped,
}

async fn compare<S: Settles>(
    case: &Case<S>,
    from: Option<State>,
    event: Event,
    facts: Facts,
) -> Result<bool, StoreError> {
    // Reconciliation is about a new report, or about one that is held as unconfirmed.
    let is_meant = match from {
        None => !facts.contains(Fact::Unconfirmed),
        Some(state) => state == State::Held && facts.contains(Fact::Unconfirmed),
    };
    if event == Event::Reconcile && !is_meant {
        return Ok(false);
    }
    let Some(arranged) = case.arrange("A", from, facts).await? else {
        return Ok(false);
    };
    let name = format!("{event:?} from {from:?} with {facts:?}");
    let before = match arranged.id {
        Some(id) => Some(case.get(id).await?),
        None => None,
    };
    if let Some(before) = &before {
        assert_eq!(Some(before.state), from, "{name}");
    }
    let (outcome, id) = act(case, event, facts, &arranged).await?;
    let after = match id {
        Some(id) => case.store.get(&case.project, id).await?,
        None => None,
    };
    let state = after.as_ref().map(|record| record.state);
    match next(from, event, facts) {
        Step::Become(expected) => {
            assert_eq!(outcome, Outcome::Became(expected), "{name}");
            assert_eq!(state, Some(expected), "{name}");
        }
        Step::Forget => {
            assert_eq!(outcome, Outcome::Forgotten, "{name}");
            assert_eq!(state, None, "{name}");
        }
        Step::Refuse(refusal) => {
            let is_right = outcome == Outcome::Refused(refusal) || outcome == Outcome::Skipped;
            assert!(is_right, "{name}: {outcome:?} instead of {refusal:?}");
            assert_eq!(before, after, "{name}");
        }
        Step::Stay => {
            assert_eq!(outcome, Outcome::Skipped, "{name}");
            assert_eq!(state, from, "{name}");
        }
    }
    Ok(true)
}

/// Lets an event happen, and returns what it did and to which report.
async fn act<S: Settles>(
    case: &Case<S>,
    event: Event,
    facts: Facts,
    arranged: &Arranged,
) -> Result<(Outcome, Option<ReportId>), StoreError> {
    let (store, project, claim) = (&case.store, &*case.project, &arranged.claim);
    let id = claim.id;
    let done = |result: Result<(), StoreError>, state| match result {
        Ok(()) => Ok(Outcome::Became(state)),
        Err(error) => refused(error),
    };
    let outcome = match event {
        Event::Receive => {
            let start = match facts.contains(Fact::StoreFirst) {
                true => Start::Stored,
                false => Start::Claimed(LONG),
            };
            return match store.receive(&arranged.report, start).await {
                Ok(Receipt::Claimed(claim)) => {
                    Ok((Outcome::Became(State::Running), Some(claim.id)))
                }
                Ok(Receipt::Stored { id, state, is_new }) => match is_new {
                    true => Ok((Outcome::Became(state), Some(id))),
                    false => Ok((Outcome::Skipped, Some(id))),
                },
                Err(error) => Ok((refused(error)?, arranged.id)),
            };
        }
        Event::Reconcile => {
            let report = Report::reconciled(case.identity("A"), fields(3));
            let rest = facts.contains(Fact::Rest).then(rest);
            return match store.reconcile(&report, rest.as_ref()).await {
                Ok(id) => Ok((Outcome::Became(case.get(id).await?.state), Some(id))),
                Err(error) => Ok((refused(error)?, arranged.id)),
            };
        }
        Event::Claim => {
            let query = ClaimQuery {
                limit: 10,
                lease: LONG,
                retry_span: match facts.contains(Fact::Exhausted) {
                    true => NONE,
                    false => LONG,
                },
            };
            let claimed = store.claim(project, query).await?;
            if claimed.used_up.contains(&id) {
                Outcome::Became(State::Held)
            } else {
                match claimed.claims.iter().any(|claim| claim.id == id) {
                    true => Outcome::Became(State::Running),
                    false => Outcome::Skipped,
                }
            }
        }
        Event::Renew => done(store.renew(claim, LONG).await, State::Running)?,
        Event::Settle => match case.settle(claim).await {
            Settled::Done => Outcome::Became(State::Done),
            Settled::Stale => Outcome::Refused(Refusal::Stale),
            settled => panic!("settle returned {settled:?}"),
        },
        Event::Hold => done(store.hold(claim, &reason()).await, State::Held)?,
        Event::Fail => done(store.fail(claim, "disk full", LONG).await, State::Failed)?,
        Event::Postpone => done(store.postpone(claim, "down", LONG).await, State::Received)?,
        Event::Promote => match store.promote(project, 10).await?.contains(&id) {
            true => Outcome::Became(State::Received),
            false => Outcome::Skipped,
        },
        Event::Accept => {
            let accepted = store
                .accept(project, id, &Accepted::new(amount(5)), &operator())
                .await;
            done(accepted, State::Received)?
        }
        Event::Retry => done(store.retry(project, id, &operator()).await, State::Received)?,
        Event::Discard => done(
            store.discard(project, id, &operator()).await,
            State::Discarded,
        )?,
        Event::Purge | Event::Forget => {
            let purge = match event {
                Event::Purge => Purge::Fields,
                _ => Purge::Identity,
            };
            let age = if facts.contains(Fact::Recent) {
                LONG
            } else {
                NONE
            };
            let count = store.purge(project, age, purge, 100).await?;
            let record = store.get(project, id).await?;
            match (record, arranged.id) {
                (None, Some(_)) => Outcome::Forgotten,
                (Some(record), _) => {
                    let is_purged = record.report.fields == Fields::default();
                    assert_eq!(is_purged, count == 1, "{record:?}");
                    Outcome::Skipped
                }
                (None, None) => Outcome::Skipped,
            }
        }
    };
    Ok((outcome, arranged.id))
}

fn refused(error: StoreError) -> Result<Outcome, StoreError> {
    match error.kind() {
        StoreErrorKind::Refused(refusal) => Ok(Outcome::Refused(refusal)),
        StoreErrorKind::NotFound => Ok(Outcome::Skipped),
        _ => Err(error),
    }
}
