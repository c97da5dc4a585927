use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{Claim, ClaimId, Conflict, Lease, Report, StoreError};

/// Where claims are kept.
///
/// [`rules`](crate::rules) decides what a claim leads to, and the feature `contract-tests` has the
/// tests that every store has to pass.
///
/// A method must return `Ok` only after its effect is as durable as the store can make it, and each
/// may be dropped at any await: what it does then happens as a whole or not at all.
#[async_trait]
pub trait InboxStore: fmt::Debug + Send + Sync + 'static {
    /// Claims a payment for as long as the lease, by the store's own clock.
    ///
    /// A report that conflicts is kept before this returns [`Claim::Conflict`].
    ///
    /// # Errors
    ///
    /// Every kind but `NotFound` and `StaleLease`.
    async fn claim(&self, report: &Report, lease: Duration) -> Result<Claim, StoreError>;

    /// Marks a payment as processed.
    ///
    /// It can be asked again with the same lease: an answer may have been lost on its way.
    ///
    /// # Errors
    ///
    /// `StaleLease` where somebody else holds the claim by now.
    async fn complete(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Gives a claim back, so that the next one who asks gets it.
    ///
    /// A conflict that was being accepted is open again.
    ///
    /// # Errors
    ///
    /// `StaleLease` where the claim is done or somebody else holds it by now.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Makes a lease run out this much later than now.
    ///
    /// # Errors
    ///
    /// `StaleLease` where the claim is done or somebody else holds it by now.
    async fn renew(&self, lease: &Lease, duration: Duration) -> Result<(), StoreError>;

    /// Forgets at most `limit` claims of a project that were settled longer ago than `age`, and says
    /// how many.
    ///
    /// Claims in flight and open conflicts stay, however old they are.
    ///
    /// # Errors
    ///
    /// Those of the database.
    async fn purge(&self, project: &str, age: Duration, limit: u32) -> Result<u64, StoreError>;

    /// Lists at most `limit` open conflicts of a project, those after an id, in the order of ids.
    ///
    /// # Errors
    ///
    /// Those of the database.
    async fn conflicts(
        &self,
        project: &str,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<Conflict>, StoreError>;

    /// Finds an open conflict.
    ///
    /// # Errors
    ///
    /// Those of the database.
    async fn conflict(&self, id: &ClaimId) -> Result<Option<Conflict>, StoreError>;

    /// Claims an open conflict, to process it after all.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is no such conflict.
    async fn accept(&self, id: &ClaimId, lease: Duration) -> Result<Claim, StoreError>;

    /// Settles an open conflict without processing it: the same report is refused from then on.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is no such conflict, or somebody is at it.
    async fn discard(&self, id: &ClaimId) -> Result<(), StoreError>;
}
