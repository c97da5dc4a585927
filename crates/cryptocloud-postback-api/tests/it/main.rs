//! The crate against a server that responds as the vendor documents, and with faults.

mod calls;
mod faults;
mod list;
mod secrecy;

use std::{error, time::Duration};

use cryptocloud_postback_api::{Api, ApiBuilder, ApiKey, BaseUrl, core::InvoiceId};
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
