//! Both shops from outside: requests in, orders out. `ccpostback api` is the vendor.
//!
//! No test sends a postback again to get an order paid.
#![forbid(unsafe_code)]

/// Runs each test with both shops.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod axum_shop { $(#[tokio::test] async fn $name() -> crate::TestResult {
            super::$name(crate::Kind::AxumShop).await
        })* }
        mod actix_shop { $(#[tokio::test] async fn $name() -> crate::TestResult {
            super::$name(crate::Kind::ActixShop).await
        })* }
    };
}

mod accept;
mod confirm;
mod keys;
mod openapi;
mod operate;
mod orders;
mod process;
#[path = "../../e2e/tests/programs.rs"]
mod programs;
mod projects;
mod races;
mod reconcile;
mod rest;
#[path = "../../e2e/tests/schemathesis.rs"]
mod schemathesis;
mod settings;
mod shop;
#[path = "../../e2e/tests/skip.rs"]
mod skip;
mod traces;
mod vendor;
mod world;

use std::{error::Error, time::Duration};

use cryptocloud_postback::testing::PostbackBuilder;
use tokio::time::{sleep, timeout};

use crate::{shop::Shop, vendor::Vendor, world::World};

type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    ActixShop,
    AxumShop,
}

/// The postback that the vendor sends for an order of 25 US dollars.
fn postback(invoice: &str, order: &str) -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .invoice_id(invoice)
        .order_id(order)
        .amount("25")
        .currency("USDT_TRC20")
        .usd("25")
        .fiat("25", "USD")
}

/// Asks again until it is so, since nothing tells.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> TestResult<bool>) -> TestResult {
    let ask = async {
        while !is_so().await? {
            sleep(PAUSE).await;
        }
        Ok(())
    };
    let never = |_| format!("never: {what}");
    timeout(HANG, ask).await.map_err(never)?
}

/// Longer than every limit and every pause together.
const HANG: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(50);
const API_KEY: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8";
const SECRET: &str = "not-a-real-key-only-for-these-tests";
