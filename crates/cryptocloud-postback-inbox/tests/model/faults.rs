//! Each guard of the table is taken out once, and the checker must find what it is for.

use cryptocloud_postback_inbox::{
    Event, Mode, State,
    transition::{Fact, Rule, TABLE},
};
use stateright::{Checker, Model};

use crate::world::{B, Setup, Vendor};

/// Explores the table without the rules that `is_removed` names, until something is wrong.
#[track_caller]
fn check(setup: Setup, is_removed: impl Fn(&Rule) -> bool, found: &str, broken: Option<&str>) {
    let table: Vec<Rule> = TABLE
        .iter()
        .filter(|rule| !is_removed(rule))
        .copied()
        .collect();
    assert!(table.len() < TABLE.len(), "there is no such rule");
    let setup = Setup { table, ..setup };
    let checker = setup.checker().spawn_bfs().join();
    let discoveries = checker.discoveries();
    let Some(path) = discoveries.get(found) else {
        panic!(
            "should have found that not always {found}: {:?}",
            discoveries.keys()
        );
    };
    assert_eq!(path.last_state().broken, broken);
}

/// The rule for an event in a state, under this fact alone.
fn guard(event: Event, from: Option<State>, fact: Fact) -> impl Fn(&Rule) -> bool {
    move |rule| rule.event == event && rule.from.contains(&from) && rule.when == [fact]
}

/// The rule for the rest of a payment under these facts.
fn rest(when: &'static [Fact]) -> impl Fn(&Rule) -> bool {
    move |rule| rule.when == when
}

/// The rule for an event if no fact speaks against it.
fn way(event: Event) -> impl Fn(&Rule) -> bool {
    move |rule| rule.event == event && rule.when.is_empty() && !rule.from.contains(&None)
}

const ONE_BLOCKS: &str = "one report blocks";
const NO_RULE_BROKEN: &str = "no rule is broken";
const NOT_STUCK: &str = "nothing is stuck";

macro_rules! faults {
    ($($name:ident: $setup:expr, $removed:expr => $found:expr, $broken:expr;)*) => {$(
        #[test]
        fn $name() {
            check($setup, $removed, $found, $broken);
        }
    )*};
}

/// Two things from outside are enough to break each guard.
fn small() -> Setup {
    Setup {
        events: 2,
        ..Setup::new(TABLE)
    }
}

fn store_first() -> Setup {
    Setup {
        mode: Mode::StoreFirst,
        ..small()
    }
}

fn unidentified() -> Setup {
    Setup {
        is_unidentified: true,
        ..small()
    }
}

fn full() -> Setup {
    Setup {
        capacity: 1,
        ..small()
    }
}

const HIDDEN: Option<&str> = Some("the rest shows nowhere");
const LATE: Option<&str> = Some("a late worker changed something");
const NO_HASHES: Option<&str> = Some("ran without hashes");

faults! {
    receive_beside_a_blocking_report: small(), guard(Event::Receive, None, Fact::Blocked) => ONE_BLOCKS, None;
    receive_without_room: full(), guard(Event::Receive, None, Fact::Full)
        => NO_RULE_BROKEN, Some("stored more reports than there is room for");
    receive_without_hashes: unidentified(), guard(Event::Receive, None, Fact::Unidentified) => NO_RULE_BROKEN, NO_HASHES;
    receive_store_first: store_first(), guard(Event::Receive, None, Fact::StoreFirst)
        => NO_RULE_BROKEN, Some("the request ran the handler");
    receive_what_is_known: small(), way(Event::Receive) => NO_RULE_BROKEN, Some("lost a postback");
    reconcile_beside_a_blocking_report: small(), guard(Event::Reconcile, None, Fact::Blocked)
        => NO_RULE_BROKEN, Some("reconciled beside another report");
    reconcile_what_was_discarded: small(), guard(Event::Reconcile, None, Fact::Discarded)
        => NO_RULE_BROKEN, Some("reconciled what was discarded");
    reconcile_twice: small(), guard(Event::Reconcile, None, Fact::Reconciled)
        => NO_RULE_BROKEN, Some("reconciled twice");
    reconcile_the_rest_of_an_accepted_part: small(), rest(&[Fact::Rest, Fact::Blocked])
        => NO_RULE_BROKEN, HIDDEN;
    reconcile_the_rest_of_a_discarded_part: small(), rest(&[Fact::Rest, Fact::Discarded])
        => NO_RULE_BROKEN, HIDDEN;
    reconcile_the_rest_of_nothing: small(), rest(&[Fact::Rest])
        => NO_RULE_BROKEN, Some("a worker credits the rest");
    reconcile_an_unconfirmed_one_beside_another: small(), guard(Event::Reconcile, Some(State::Held), Fact::Blocked)
        => ONE_BLOCKS, None;
    reconcile_what_was_unconfirmed: small(), guard(Event::Reconcile, Some(State::Held), Fact::Unconfirmed)
        => NO_RULE_BROKEN, Some("left what the vendor confirms now");
    claim_before_it_is_due: small(), guard(Event::Claim, Some(State::Running), Fact::NotDue)
        => NO_RULE_BROKEN, Some("claimed before it was due");
    claim_what_is_used_up: small(), guard(Event::Claim, Some(State::Failed), Fact::Exhausted)
        => NO_RULE_BROKEN, Some("tried for longer than the retry span");
    late_renew: small(), guard(Event::Renew, Some(State::Running), Fact::Stale) => NO_RULE_BROKEN, LATE;
    late_settle: small(), guard(Event::Settle, Some(State::Running), Fact::Stale) => NO_RULE_BROKEN, LATE;
    late_hold: small(), guard(Event::Hold, Some(State::Running), Fact::Stale) => NO_RULE_BROKEN, LATE;
    late_fail: small(), guard(Event::Fail, Some(State::Running), Fact::Stale) => NO_RULE_BROKEN, LATE;
    late_postpone: small(), guard(Event::Postpone, Some(State::Running), Fact::Stale) => NO_RULE_BROKEN, LATE;
    promote_beside_a_blocking_report: small(), guard(Event::Promote, Some(State::Conflict), Fact::Blocked)
        => ONE_BLOCKS, None;
    accept_beside_a_blocking_report: small(), guard(Event::Accept, Some(State::Held), Fact::Blocked)
        => ONE_BLOCKS, None;
    retry_beside_a_blocking_report: small(), guard(Event::Retry, Some(State::Held), Fact::Blocked)
        => ONE_BLOCKS, None;
    purge_before_the_retention: small(), guard(Event::Purge, Some(State::Done), Fact::Recent)
        => NO_RULE_BROKEN, Some("purged before the retention was over");
    forget_before_the_retention: small(), guard(Event::Forget, Some(State::Done), Fact::Recent)
        => NO_RULE_BROKEN, Some("purged before the retention was over");
    no_worker_claims: small(), way(Event::Claim) => NOT_STUCK, None;
    no_worker_promotes: small(), way(Event::Promote) => NOT_STUCK, None;
    no_worker_settles: small(), way(Event::Settle) => NO_RULE_BROKEN, Some("a move that uses nothing up can be made for ever");
}

/// What the vendor says is found to matter: a worker that does not ask credits what is forged.
#[test]
fn a_worker_does_not_ask() {
    let setup = Setup {
        asks: false,
        vendor: Some(Vendor::Paid { genuine: B }),
        ..small()
    };
    let checker = setup.checker().spawn_bfs().join();
    let path = checker.discovery(NO_RULE_BROKEN);
    let broken = path.and_then(|path| path.last_state().broken);
    assert_eq!(broken, Some("credited what the vendor denies"));
}

/// Two credits of one payment are found too, and not only what leads to them.
#[test]
fn a_second_report_is_credited() {
    let is_removed = |rule: &Rule| rule.when == [Fact::Blocked];
    check(small(), is_removed, "a payment is credited once", None);
}
