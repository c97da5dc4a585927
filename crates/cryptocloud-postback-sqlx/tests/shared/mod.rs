//! What the tests of both databases share.

pub(crate) mod fixture;
mod schema;
mod settle;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

pub(crate) use fixture::{PAY, Script};

use cryptocloud_postback::{Currency, InvoiceId};
use cryptocloud_postback_inbox::{
    Claim, Decision, Fields, Identity, Payment, Receipt, Report, Start,
};

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

pub(crate) const PROJECT: &str = "shop";
pub(crate) const LONG: Duration = Duration::from_secs(3_600);
/// How long a test may hang before it fails.
pub(crate) const HANG: Duration = Duration::from_secs(60);

pub(crate) fn report(invoice: &str, amount: &str) -> Report {
    let invoice = InvoiceId::parse(invoice).unwrap_or_else(|error| panic!("{error}"));
    let fields = Fields {
        amount_crypto: Some(amount.parse().unwrap_or_else(|error| panic!("{error}"))),
        currency: Some(Currency::Bnb),
        order_id: Some("ORDER_1".into()),
        invoice_info: Some(r#"{"amount_paid":1}"#.into()),
    };
    Report::new(Identity::new(PROJECT, invoice), fields)
}

/// A payment to settle as the first report of a store, once that has its fence.
pub(crate) fn payment(invoice: &str) -> Payment {
    let invoice = InvoiceId::parse(invoice).unwrap_or_else(|error| panic!("{error}"));
    Payment::builder(invoice).project(PROJECT).build()
}

pub(crate) fn start() -> Start {
    Start::Claimed(LONG)
}

pub(crate) fn operator() -> Decision {
    Decision::by("anna")
}

#[track_caller]
pub(crate) fn claimed(receipt: Receipt) -> Claim {
    match receipt {
        Receipt::Claimed(claim) => claim,
        receipt => panic!("should have been claimed: {receipt:?}"),
    }
}

/// Polls a future so often, and drops it then.
pub(crate) struct Dropped<F> {
    future: Pin<Box<F>>,
    polls: u32,
}

impl<F> Dropped<F> {
    pub(crate) fn after(polls: u32, future: F) -> Self {
        Self {
            future: Box::pin(future),
            polls,
        }
    }
}

impl<F: Future> Future for Dropped<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
