//! The crate against a server that responds as the vendor documents, and with faults.

mod calls;
mod confirm;
mod faults;
mod inbox;
mod list;
#[cfg(feature = "metrics")]
mod metrics;
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
use vendor_api::{KEY, VendorApi};

type TestResult = Result<(), Box<dyn error::Error>>;

/// Asks this server, and tries again without a pause.
fn builder(server: &VendorApi) -> ApiBuilder {
    let base = BaseUrl::parse(&server.url()).expect("an address");
    Api::builder(ApiKey::new(KEY).expect("a key"), base).retry_delay(Duration::ZERO)
}

fn api(server: &VendorApi) -> Api {
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
