//! Stores each CryptoCloud (Trybit) payment, handles it once, and retries until it is settled.
//!
//! ```
//! use cryptocloud_postback::{Expected, SecretKey, Verifier, testing::PostbackBuilder};
//! use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment};
//!
//! struct Shop;
//!
//! impl Handler<()> for Shop {
//!     async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
//!         // The invoice is proven: find the order by it.
//!         let Some(order) = order_of(payment.invoice_id().as_str()) else {
//!             return Err(Failure::hold("no order has this invoice"));
//!         };
//!         // All else is only reported: compare it.
//!         let expected = Expected::invoice(payment.invoice_id().clone()).order(order);
//!         payment.check(&expected.amount("0.000113".parse()?))?;
//!         // Mark the order as paid here.
//!         Ok(())
//!     }
//! }
//!
//! # fn order_of(invoice: &str) -> Option<&'static str> { (invoice == "ILRAJE1Q").then_some("ORDER_93223") }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = "not-a-real-key-only-for-this-example";
//! # let verifier = Verifier::new(SecretKey::new(secret)?)?;
//! # let verify = |postback: PostbackBuilder| {
//! #     let signed = postback.json();
//! #     verifier.verify(signed.head(), signed.body())
//! # };
//! let inbox = Inbox::builder("shop", MemoryStore::new(100_000), Shop).start().await?;
//!
//! let paid = verify(PostbackBuilder::new(secret).order_id("ORDER_93223"))?;
//! assert_eq!(inbox.receive(&paid).await.status(), 200);
//! // A resend does not run the handler again.
//! assert_eq!(inbox.receive(&paid).await.status(), 200);
//!
//! // Another amount under a valid token is not credited, and an operator can see it.
//! let forged = verify(PostbackBuilder::new(secret).order_id("ORDER_93223").amount("9000"))?;
//! assert_eq!(inbox.receive(&forged).await.status(), 409);
//! assert_eq!(inbox.counts().await?.conflict, 1);
//! # Ok(())
//! # }
//! ```
//!
//! `MemoryStore` is for tests and for one process.
//! `cryptocloud-postback-sqlx` has stores for PostgreSQL and SQLite, and `cryptocloud-postback-redis`
//! one for Redis.
//!
//! # Guide
//!
//! - [Choose a store and a mode](guide::choose): what each guarantees under each kind of
//!   failure.
//! - [What to compare](guide::compare) before an order is paid.
//! - [Operate](guide::operate): what to watch, held payments and conflicts, retention, backup,
//!   migration, shutdown.
//! - [Test your handler](guide::test).
//!
//! # What is guaranteed
//!
//! **Only what the handler writes through the given transaction happens once.**
//! E-mails and calls to other services may repeat: write an outbox row, or pass
//! [`Payment::idempotency_key`].
//!
//! 1. A report is committed before the handler runs, already leased, so a crash at any point loses
//!    nothing: after the lease a worker tries again, without a resend.
//! 2. The handler's writes and the state *done* are committed together, in stores that have a
//!    transaction to share.
//! 3. In the [direct mode](Mode::Direct), 200 says that the payment is done, held for review, or
//!    discarded. In the [store-first mode](Mode::StoreFirst) it says that the payment is stored.
//! 4. At most one report of a payment is ever credited, also if an operator accepts another one.
//!    A report that differs from one that is unfinished or done waits as a conflict, and is promoted
//!    if the first one is held or discarded.
//! 5. A failed payment is due again within 2 s, then after 10 s, doubling up to an hour, for 7 days;
//!    then it is held for review. A worker looks every 2 s.
//! 6. A worker that has lost its lease can no longer change anything.
//! 7. A postback that cannot be stored gets a 503, and a line that `ccpostback inbox import` can
//!    read is logged ([`LostReport`]). The same happens if it is uncertain whether it was stored;
//!    importing what was stored changes nothing.
//! 8. With [`InboxBuilder::confirm`], the handler runs only for what the vendor confirms, or what an
//!    operator has accepted. While the vendor cannot be asked, a payment waits, for as long as it
//!    takes.
//! 9. The work runs on the runtime on which the inbox was built, and goes on if the sender hangs up,
//!    or if the runtime of the caller ends.
//!
//! The [transition table](transition) says all of it in one place. A model checker explores it in
//! `tests/model`, and every store is compared with it.
//!
//! # What is not guaranteed
//!
//! The vendor's token signs the invoice and nothing else, so compare the reported fields with your
//! own order ([`Payment::check`]), and let the vendor confirm them ([`InboxBuilder::confirm`]).
//! Without that, a forged amount that matches the order is credited.
//! Put a unique index on the invoice into your ledger, as the last line of defence.
//! With `panic = "abort"` a panic is a crash: the lease ends, and the handler runs again.
//!
//! # Spans
//!
//! The span `postback` of [`cryptocloud_postback`] lasts until the payment is handled or left to a worker,
//! also if the sender hangs up. Each attempt is a span `attempt` at `INFO`: within `postback` if the handler
//! runs while the postback waits, and by itself in a worker. Log lines of the handler are within it.
//!
//! | field of `attempt` | what |
//! |---|---|
//! | `project` | the inbox's project |
//! | `invoice_id` | the invoice, escaped |
//! | `report_id` | the number of the stored report, as in the span `postback` |
//! | `attempt` | 1 for the first attempt |
//! | `kind` | the [`HoldKind`] if the report was held |
//! | `state` | the state in which the report was left; `running` if it stays leased |
//! | `trace_id` | the trace of the postback, if it is part of one |
//!
//! # Traces
//!
//! The [trace context](cryptocloud_postback::TraceContext) of the postback is stored with the payment,
//! and stays until the retention clears the reported fields.
//!
//! With the feature `opentelemetry` and a layer of `tracing-opentelemetry`, each attempt of a worker is a
//! child of the span `postback`, however long ago that ended and whichever process had it: a payment is
//! one trace, from the request to its last attempt. If [`run_once`](Inbox::run_once) is called within
//! another trace, its attempts stay there and link to the `postback`.
//! What reconciliation found has no postback, and begins a trace of its own.
//!
//! # Features
//!
//! - `contract-tests` has the suite that every store must pass, for authors of stores.
//! - `metrics` counts and times reports and attempts, for the recorder of the crate `metrics`; the
//!   module `metrics` has the table.
//! - `opentelemetry`: the attempts of a worker continue the trace of the postback.
//! - `utoipa`: `postback_openapi` describes the route of an inbox in OpenAPI.
#![forbid(unsafe_code)]

mod accepted;
mod confirm;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod error;
mod failure;
mod fence;
mod fingerprint;
pub mod guide;
mod handler;
mod identity;
mod inbox;
mod limits;
mod lost;
mod memory;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "utoipa")]
mod openapi;
mod panics;
mod payment;
mod reconciliation;
mod record;
mod report;
mod response;
mod retry;
mod settle;
mod state;
mod store;
mod test_inbox;
pub mod transition;

pub use accepted::{Accepted, AcceptedError};
pub use confirm::{Confirm, Confirmation};
pub use error::{StoreError, StoreErrorKind};
pub use failure::{Failure, FailureKind};
pub use fence::Fence;
pub use fingerprint::Fingerprint;
pub use handler::Handler;
pub use identity::{Identity, IdentityPolicy};
pub use inbox::{Credited, Inbox, InboxBuildError, InboxBuilder, NotReady};
pub use limits::Limits;
pub use lost::{LostReport, LostReportError};
pub use memory::MemoryStore;
#[cfg(feature = "utoipa")]
pub use openapi::postback_openapi;
pub use payment::{Payment, PaymentBuilder};
pub use reconciliation::{Begin, Turn};
pub use record::{Counts, Decided, Decision, Hold, HoldKind, Record};
pub use report::{Claim, Fields, Report, ReportId, ReportIdError, Source};
pub use response::Mode;
pub use settle::{Attempt, Settled, Settles};
pub use state::State;
pub use store::{ClaimQuery, Claimed, InboxStore, Purge, Receipt, Start};
pub use test_inbox::TestInbox;
pub use transition::{Event, Refusal};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
