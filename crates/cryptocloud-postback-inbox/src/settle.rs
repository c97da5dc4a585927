use std::{fmt, future::Future};

use crate::{
    Claim, Failure, Handler, InboxStore, Limits, Payment, StoreError,
    panics::{self, Panicked},
};

/// A store that runs the handler in a transaction and ends it with settle.
pub trait Settles: InboxStore {
    /// The merchant's transaction, or `()`.
    type Tx: Send;

    /// Whether the handler's effect and the state `done` are committed together or not at all.
    ///
    /// If not, an effect can repeat, and the inbox refuses to be built for the
    /// [store-first mode](crate::Mode::StoreFirst); reconciliation refuses such a store too.
    const IS_ATOMIC: bool;

    /// Runs one attempt: begins a transaction with the limits and the claim's mark, calls
    /// [`Attempt::run`], and as the last statement settles the report
    /// ([`Event::Settle`](crate::Event::Settle)), then commits.
    ///
    /// - If `run` fails, the transaction is rolled back.
    /// - The effect of the handler and the state `done` are committed together or not at all. A
    ///   store whose `Tx` is `()` settles right after the handler instead.
    /// - The store makes no other move: the inbox holds, fails or postpones the report by what this
    ///   returns.
    /// - If dropped at any await, nothing is committed, or all.
    fn settle<H: Handler<Self::Tx>>(
        &self,
        attempt: Attempt<'_, H>,
    ) -> impl Future<Output = Settled> + Send;
}

/// How an attempt ended.
///
/// The set is closed: the inbox makes one move for each.
#[derive(Debug)]
#[must_use]
pub enum Settled {
    /// Committed: the report is done.
    Done,
    /// The handler failed, and everything was rolled back. The failure says what happens next.
    Failed(Failure),
    /// The connection failed before the handler began. The attempt does not count.
    NotBegun(StoreError),
    /// The handler, which has a transaction of its own, returned `Ok`, but the report is not done.
    /// The report is held.
    NotSettled,
    /// The transaction was certainly rolled back, by an error at settle or COMMIT. The report is
    /// tried again.
    RolledBack(StoreError),
    /// Another worker took over: nothing was committed, and nothing is left to do.
    Stale,
    /// The handler ended the transaction itself, so its writes may be committed without settle. The
    /// report is held.
    TransactionEnded,
    /// It is not known whether the COMMIT succeeded. The inbox makes no move: after the lease the
    /// report is either done or tried again. The store must drop the connection.
    Unknown(StoreError),
}

/// One run of a handler, for [`Settles::settle`].
#[must_use]
pub struct Attempt<'a, H> {
    handler: &'a H,
    limits: &'a Limits,
    payment: &'a Payment,
}

impl<'a, H> Attempt<'a, H> {
    /// An attempt at this payment.
    pub fn new(handler: &'a H, limits: &'a Limits, payment: &'a Payment) -> Self {
        Self {
            handler,
            limits,
            payment,
        }
    }

    /// The claim to settle.
    pub fn claim(&self) -> &'a Claim {
        self.payment.claim()
    }

    /// The limits for the transaction.
    #[must_use]
    pub fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Runs the handler within its time limit.
    ///
    /// # Errors
    ///
    /// The handler's failure. A panic or an overrun limit is a [retry](Failure::retry).
    pub async fn run<Tx>(&self, tx: &mut Tx) -> Result<(), Failure>
    where
        H: Handler<Tx>,
    {
        let work = panics::catch(self.handler.handle(self.payment, tx));
        match tokio::time::timeout(self.limits.handler, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(Panicked)) => Err(Failure::retry("handler panicked")),
            Err(_) => Err(Failure::retry("handler timed out")),
        }
    }
}

impl<H> fmt::Debug for Attempt<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("limits", &self.limits)
            .field("payment", &self.payment)
            .finish_non_exhaustive()
    }
}
