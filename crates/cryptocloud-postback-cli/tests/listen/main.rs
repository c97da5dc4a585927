//! `ccpostback listen` as a process, over real HTTP.
#![forbid(unsafe_code)]

mod deadline;
mod events;
mod export;
mod forward;
mod guard;
mod json;
mod keep;
mod listener;
mod receive;
mod resend;
mod start;
mod stop;
mod suggestion;
mod terminal;

use cryptocloud_postback::testing::PostbackBuilder;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn genuine(invoice_id: &str) -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .invoice_id(invoice_id)
        .order_id("ORDER_93223")
}

const SECRET: &str = "not-a-real-key-only-for-these-tests";
