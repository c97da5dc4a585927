//! The tests that every store has to pass.
//!
//! They panic where one does not, and need a tokio runtime with several threads to race in.

mod claims;
mod conflicts;
mod leases;
mod naughty;
mod purge;
mod races;
mod whole;

use std::{fmt, sync::Arc, time::Duration};

use cryptocloud_postback::{Amount, Currency};

use crate::{Claim, InboxStore, Key, Lease, Owner, Report, StoreError, StoreErrorKind};

/// A store to test, which may hold claims of earlier tests.
pub struct Fixture {
    /// Turns on the store's clock; nothing where it is a database's, which the tests then ask until the
    /// time has come.
    pub pass: Box<dyn Fn(Duration) + Send + Sync>,
    /// The store.
    pub store: Arc<dyn InboxStore>,
}

impl Fixture {
    /// For a store with a clock of its own.
    #[must_use]
    pub fn new(store: impl InboxStore) -> Self {
        Self {
            pass: Box::new(|_| {}),
            store: Arc::new(store),
        }
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Runs all tests, one after the other, each on a store from `make`.
///
/// # Panics
///
/// Where the store fails a test.
pub async fn verify(make: impl AsyncFn() -> Fixture) {
    macro_rules! run {
        ($($module:ident::$name:ident,)*) => {$({
            let case = Case::new(stringify!($name), make().await);
            if let Err(error) = $module::$name(&case).await {
                panic!("{}::{}: {error:?}", stringify!($module), stringify!($name));
            }
        })*};
    }
    run! {
        claims::first_then_duplicate,
        claims::in_flight_until_released,
        claims::completed_twice_by_its_owner,
        claims::released_frees_the_other_report,
        claims::two_projects_do_not_meet,
        claims::another_status_is_another_claim,
        claims::fields_in_the_key_never_conflict,
        leases::expired_is_taken_over,
        leases::stale_holder_is_refused,
        leases::stale_holder_is_refused_after_a_release,
        leases::settled_is_neither_released_nor_renewed,
        leases::renewed_is_not_taken_over,
        leases::expired_but_not_taken_over_is_still_held,
        leases::fences_grow,
        conflicts::kept_and_listed,
        conflicts::kept_while_the_first_is_in_flight,
        conflicts::not_hidden_by_claims_in_flight,
        conflicts::kept_once,
        conflicts::expired_lead_still_conflicts,
        conflicts::paged,
        conflicts::accepted_once,
        conflicts::accepted_after_a_crash,
        conflicts::accepted_only_beside_what_is_settled,
        conflicts::accepted_instead_of_a_crashed_lead,
        conflicts::accepted_and_released_is_open_again,
        conflicts::discarded,
        conflicts::not_found,
        conflicts::processed_after_all_where_the_first_failed,
        conflicts::bounded,
        naughty::ids,
        naughty::order_ids,
        purge::in_batches,
        purge::young_live_and_open_stay,
        purge::claimed_again_stays,
        purge::first_one_stays_beside_what_is_purged,
        purge::only_the_last_release_is_remembered,
        races::one_of_64_wins,
        races::one_of_64_takes_over,
        races::one_of_two_reports_wins,
        races::one_of_64_accepts,
        races::released_under_claimers,
        whole::first_resend_and_conflict,
        whole::accept_and_discard,
        whole::another_project_cannot_settle,
        whole::deposits_of_a_static_wallet,
    }
}

/// What a test works with: a project that no other test has.
pub(crate) struct Case {
    pub(crate) fixture: Fixture,
    pub(crate) project: String,
}

impl Case {
    fn new(name: &str, fixture: Fixture) -> Self {
        Self {
            fixture,
            project: format!("{name} {}", Owner::unique()),
        }
    }

    pub(crate) fn store(&self) -> &dyn InboxStore {
        &*self.fixture.store
    }

    /// A report of an invoice with an amount.
    pub(crate) fn report(&self, invoice: &str, amount: u32) -> Report {
        let key = Key::new(&self.project, invoice, "success");
        report(key, amount, Some("ORDER_1"))
    }

    pub(crate) async fn claim(&self, report: &Report) -> Result<Claim, StoreError> {
        self.store().claim(report, LONG).await
    }

    /// Claims what is free.
    pub(crate) async fn acquire(&self, report: &Report) -> Result<Lease, StoreError> {
        self.acquire_for(report, LONG).await
    }

    pub(crate) async fn acquire_for(
        &self,
        report: &Report,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        Ok(acquired(self.store().claim(report, duration).await?))
    }

    pub(crate) async fn finish(&self, report: &Report) -> Result<(), StoreError> {
        let lease = self.acquire(report).await?;
        self.store().complete(&lease).await
    }

    /// Leaves a claim behind whose lease runs out at once.
    pub(crate) async fn crash(&self, report: &Report) -> Result<Lease, StoreError> {
        let lease = self.acquire_for(report, SHORT).await?;
        (self.fixture.pass)(SHORT);
        Ok(lease)
    }

    /// Asks until the lease before has run out, by the store's clock.
    pub(crate) async fn take_over(&self, report: &Report) -> Result<Lease, StoreError> {
        loop {
            match self.claim(report).await? {
                Claim::InFlight { .. } => tokio::task::yield_now().await,
                claim => return Ok(acquired(claim)),
            }
        }
    }

    pub(crate) async fn accept(&self, report: &Report) -> Result<Claim, StoreError> {
        self.store().accept(&report.into(), LONG).await
    }

    pub(crate) async fn open(&self) -> Result<Vec<Report>, StoreError> {
        let conflicts = self.store().conflicts(&self.project, None, 100).await?;
        Ok(conflicts
            .into_iter()
            .map(|conflict| conflict.report)
            .collect())
    }
}

pub(crate) fn report(key: Key, amount: u32, order_id: Option<&str>) -> Report {
    let amount = Amount::try_from(cryptocloud_postback::Decimal::from(amount));
    let amount = amount.unwrap_or_else(|error| panic!("{error}"));
    Report::new(key, amount, Currency::Bnb, order_id.map(Into::into))
}

#[track_caller]
pub(crate) fn acquired(claim: Claim) -> Lease {
    match claim {
        Claim::Acquired(lease) => lease,
        claim => panic!("should have been acquired: {claim:?}"),
    }
}

pub(crate) fn is_in_flight(claim: &Claim) -> bool {
    matches!(claim, Claim::InFlight { .. })
}

#[track_caller]
pub(crate) fn assert_kind<T: fmt::Debug>(result: Result<T, StoreError>, kind: StoreErrorKind) {
    let error = result.expect_err("should have been refused");
    assert_eq!(error.kind(), kind, "{error:?}");
}

/// A lease that no test outlives.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);
/// A lease that runs out while the next question is asked.
pub(crate) const SHORT: Duration = Duration::from_millis(1);
