//! The shop as a process on a real PostgreSQL: postbacks in, orders out.

mod copies;
mod database;
mod forged;
mod locked;
mod orders;
mod process;
mod program;
mod reconcile;
mod retries;
mod review;
mod role;
mod stopped;

use cryptocloud_postback_actix_web::testing::PostbackBuilder;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// For an order of 12.5 USDT_TRC20 with this id, paid by the invoice of the same name.
fn postback(order: &str) -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .invoice_id(&format!("INV-{order}"))
        .order_id(order)
        .amount("12.5")
        .currency("USDT_TRC20")
}
