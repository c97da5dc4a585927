//! The crate against a server that responds as the vendor documents, and with faults.

mod calls;
mod confirm;
mod faults;
#[path = "../../../cryptocloud-postback-inbox/tests/shared/faulty.rs"]
mod faulty;
mod inbox;
mod list;
#[cfg(feature = "metrics")]
mod metrics;
mod open;
mod outage;
mod reconcile;
mod rest;
mod secrecy;
mod shop;
mod turns;

use std::{error, time::Duration};

use cryptocloud_postback_api::{
    Api, ApiBuilder, ApiKey, BaseUrl,
    core::{InvoiceId, SecretKey, Verified, Verifier, testing::PostbackBuilder},
};
use cryptocloud_postback_mimic::{Invoice, KEY, Mimic};

type TestResult = Result<(), Box<dyn error::Error>>;

/// An invoice of 25 US dollars in USDT.
fn invoice(id: &str, status: &str) -> Invoice {
    Invoice::new(id, status.parse().expect("a status"))
}

/// The body of a response whose `result` is a list of this JSON.
fn page(elements: &[&str]) -> String {
    let elements = elements.join(",");
    format!(r#"{{"status":"success","result":[{elements}]}}"#)
}

/// Asks this server, and tries again without a pause.
fn builder(server: &Mimic) -> ApiBuilder {
    let base = BaseUrl::parse(server.url()).expect("an address");
    Api::builder(ApiKey::new(KEY).expect("a key"), base).retry_delay(Duration::ZERO)
}

fn api(server: &Mimic) -> Api {
    builder(server).build().expect("a client")
}

fn id(id: &str) -> InvoiceId {
    InvoiceId::parse(id).expect("an id")
}

fn ids(ids: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<InvoiceId> {
    ids.into_iter().map(|text| id(text.as_ref())).collect()
}

/// A genuine postback of an invoice over 25 USDT, which the server has.
fn postback(id: &str) -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .invoice_id(id)
        .amount("25")
        .currency("USDT_TRC20")
}

fn verified(postback: &PostbackBuilder) -> Verified {
    let key = SecretKey::new(SECRET).expect("a key");
    let signed = postback.json();
    let verifier = Verifier::new(key).expect("a verifier");
    verifier
        .verify(signed.head(), signed.body())
        .expect("genuine")
}

const SECRET: &str = "not-a-real-key-only-for-these-tests";
