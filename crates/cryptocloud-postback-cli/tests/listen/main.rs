//! `ccpostback listen` as a process, over real HTTP.
#![forbid(unsafe_code)]

mod events;
mod forward;
mod guard;
mod keep;
mod listener;
mod receive;
mod start;
mod stop;

use std::time::Duration;

use cryptocloud_postback::{UnixTime, testing::PostbackBuilder};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A genuine postback with a fresh token.
fn genuine(invoice_id: &str) -> TestResult<PostbackBuilder> {
    let expires_at = UnixTime::now()?.saturating_add(Duration::from_secs(240));
    Ok(PostbackBuilder::new(SECRET)
        .invoice_id(invoice_id)
        .order_id("ORDER_93223")
        .expires_at(expires_at))
}

const SECRET: &str = "not-a-real-key-only-for-these-tests";
