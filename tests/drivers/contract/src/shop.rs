use std::time::Duration;

use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Handler, Inbox, InboxStore, Limits, Record};

use crate::{Shop, TestResult};

pub(crate) const INVOICE: &str = "ILRAJE1Q";
pub(crate) const OTHER_INVOICE: &str = "ILRAJE2Q";

/// An inbox without workers, so that a test decides when a payment is tried again.
pub(crate) fn inbox<S: Shop, H: Handler<()>>(shop: &S, handler: H) -> TestResult<Inbox> {
    inbox_with(shop, handler, patient())
}

pub(crate) fn inbox_with<S: Shop, H: Handler<()>>(
    shop: &S,
    handler: H,
    limits: Limits,
) -> TestResult<Inbox> {
    let builder = Inbox::builder(PROJECT, shop.store(), handler);
    Ok(builder.limits(limits).workers(0).build()?)
}

/// Sends a postback, and returns the status of the response.
pub(crate) async fn post(inbox: &Inbox, invoice: &str) -> TestResult<u16> {
    post_paid(inbox, invoice, "10.5").await
}

/// Sends a postback that reports this amount.
pub(crate) async fn post_paid(inbox: &Inbox, invoice: &str, paid: &str) -> TestResult<u16> {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let order = if invoice == OTHER_INVOICE {
        "ORDER_2"
    } else {
        "ORDER_1"
    };
    let postback = PostbackBuilder::new(SECRET)
        .invoice_id(invoice)
        .order_id(order)
        .amount("10.5")
        .paid(paid)
        .currency("USDT_TRC20")
        .json();
    let verified = verifier.verify(postback.head(), postback.body())?;
    Ok(inbox.receive(&verified).await.status())
}

/// Runs what failed, at once.
pub(crate) async fn retry<S: Shop>(shop: &S, inbox: &Inbox) -> TestResult {
    let reports = S::REPORTS;
    shop.run(format!("UPDATE {reports} SET due_at = received_at"))
        .await?;
    assert_eq!(inbox.run_once().await?, 1);
    Ok(())
}

pub(crate) async fn record<S: Shop>(shop: &S, invoice: &str) -> TestResult<Record> {
    let records = shop.store().find(PROJECT, invoice).await?;
    Ok(records.into_iter().next().ok_or("no report is stored")?)
}

/// How many orders are paid, and how many messages that says.
pub(crate) async fn effects<S: Shop>(shop: &S) -> TestResult<(i64, i64)> {
    let paid = "SELECT count(*) FROM orders WHERE paid";
    let sent = "SELECT count(*) FROM outbox";
    Ok((shop.number(paid).await?, shop.number(sent).await?))
}

/// Limits that no busy machine reaches.
pub(crate) fn patient() -> Limits {
    let mut limits = Limits::default();
    limits.handler = Duration::from_secs(60);
    limits.response = Duration::from_secs(60);
    limits.lease = Duration::from_secs(300);
    limits
}

const PROJECT: &str = "shop";
const SECRET: &str = "not-a-real-key-only-for-these-tests";
