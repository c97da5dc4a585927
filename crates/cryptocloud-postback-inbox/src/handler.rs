use std::sync::Arc;

use crate::{Failure, Payment};

/// Processes a payment, in the transaction `Tx` of the store.
///
/// **Only what is written through `tx` happens once.**
/// The handler runs again after a failure, a crash or a lost connection, so an e-mail or a call to
/// another service may repeat: write an outbox row instead, or pass
/// [`Payment::idempotency_key`] along.
/// As the last line of defence, put a unique index on the invoice into your ledger.
///
/// `Tx` is `PgConnection` or `SqliteConnection` with the stores of `cryptocloud-postback-sqlx`, and
/// `()` with those that have no transaction to share.
/// Do not end the transaction: the inbox does, and holds the payment if the handler did.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::Expected;
/// use cryptocloud_postback_inbox::{Failure, Handler, Payment};
///
/// struct Shop;
///
/// impl Handler<()> for Shop {
///     async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
///         let Some(order) = self.order_of(payment.invoice_id().as_str()) else {
///             return Err(Failure::hold("no order has this invoice"));
///         };
///         let invoice = payment.invoice_id().clone();
///         payment.check(&Expected::invoice(invoice).order(order))?;
///         // Mark the order as paid here.
///         Ok(())
///     }
/// }
///
/// impl Shop {
///     fn order_of(&self, invoice: &str) -> Option<&str> {
///         (invoice == "ILRAJE1Q").then_some("ORDER_93223")
///     }
/// }
/// ```
pub trait Handler<Tx>: Send + Sync + 'static {
    /// Processes the payment.
    ///
    /// It may be dropped at any await, when the time limit is over; its transaction is rolled back.
    ///
    /// # Errors
    ///
    /// A [`Failure`] says whether to retry, to hold or to postpone the payment. Any error becomes a
    /// retry through `?`.
    fn handle(
        &self,
        payment: &Payment,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

impl<Tx: Send, H: Handler<Tx>> Handler<Tx> for Arc<H> {
    async fn handle(&self, payment: &Payment, tx: &mut Tx) -> Result<(), Failure> {
        H::handle(self, payment, tx).await
    }
}
