//! The suite that every store must pass.
//!
//! [`verify`] panics if the store fails a test. Races need a tokio runtime with several threads.
//! No test sleeps or turns a clock: a lease or a delay of zero is over at once, and one of an hour is
//! not over before the test ends.

mod arrange;
mod case;
mod claims;
mod decisions;
mod naughty;
mod races;
mod reconciliation;
mod reports;
mod rest;
mod retention;
mod table;

use std::{future::Future, pin::Pin, sync::Arc};

use case::Case;

use crate::{Settles, StoreError};

/// Runs all tests, one after the other, each with a project of its own on a store from `make`.
///
/// # Panics
///
/// If the store fails a test.
pub async fn verify<S: Settles>(make: impl AsyncFn() -> Arc<S>) {
    verify_except(&[], make).await;
}

/// Runs all tests but these, which the store's documentation must explain. The names are those in
/// [`names`].
///
/// # Panics
///
/// If the store fails a test, or if there is no test of a given name.
pub async fn verify_except<S: Settles>(skipped: &[&str], make: impl AsyncFn() -> Arc<S>) {
    for name in skipped {
        assert!(
            names().any(|known| known == *name),
            "no test is named {name}"
        );
    }
    for (name, test) in tests::<S>() {
        if !skipped.contains(&name) {
            let case = Case::new(name, make().await);
            if let Err(error) = test(&case).await {
                panic!("{name}: {error:?}");
            }
        }
    }
}

/// The names of all tests.
pub fn names() -> impl Iterator<Item = &'static str> {
    tests::<crate::MemoryStore>()
        .into_iter()
        .map(|(name, _)| name)
}

type Test<S> =
    for<'a> fn(&'a Case<S>) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + 'a>>;

fn tests<S: Settles>() -> Vec<(&'static str, Test<S>)> {
    macro_rules! tests {
        ($($module:ident::$name:ident,)*) => {
            vec![$((
                concat!(stringify!($module), "::", stringify!($name)),
                |case| Box::pin($module::$name(case)),
            ),)*]
        };
    }
    tests![
        table::every_event_in_every_state,
        reports::fields_come_back,
        reports::trace_comes_back,
        reports::resend_is_known,
        reports::forms_and_missing_fields,
        reports::found_by_invoice,
        reports::listed_by_cursor,
        reports::counted,
        reports::oldest_unfinished,
        reports::two_projects_do_not_meet,
        reports::deposits_of_a_static_wallet,
        claims::due_longest_comes_first,
        claims::no_more_than_asked_for,
        claims::fences_grow,
        claims::attempts_count,
        claims::late_moves_change_nothing,
        claims::ended_lease_is_still_held,
        claims::renewed_lease_is_not_taken_over,
        claims::used_up_says_so,
        claims::postponed_is_never_used_up,
        claims::age_begins_anew,
        claims::lag_counts_from_the_due_time,
        claims::handler_failure_rolls_back,
        decisions::accepted_amount_and_order_reach_the_handler,
        decisions::accepted_again_names_all_anew,
        decisions::start_over,
        decisions::history_says_who_and_when,
        decisions::promoted_when_the_first_is_held,
        decisions::oldest_is_promoted,
        decisions::unknown_and_foreign_ids,
        reconciliation::adopted_by_the_first_postback,
        reconciliation::unconfirmed_is_taken_up,
        reconciliation::stored_beside_one_that_differs,
        reconciliation::starts_once_and_has_a_cursor,
        reconciliation::one_turn_at_a_time,
        rest::of_an_accepted_part_is_a_conflict,
        rest::of_a_discarded_part_is_held,
        rest::is_only_stored_beside_decided_reports,
        rest::one_beside_its_postback,
        naughty::ids,
        naughty::order_ids,
        naughty::reasons,
        retention::fields_go_and_identity_stays,
        retention::identity_goes_if_asked,
        retention::in_batches,
        races::one_of_many_receives,
        races::one_of_two_reports_blocks,
        races::one_of_many_claims,
        races::one_of_two_is_accepted,
        races::one_of_two_orders_is_accepted,
        races::many_due_are_shared,
        races::one_settles,
        races::one_of_many_reconciles,
    ]
}
