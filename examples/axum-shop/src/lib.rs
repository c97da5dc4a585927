//! A shop on axum and SQLite that marks each order as paid once: to run, to mount, to paste from.
//!
//! ```sh
//! export CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example
//! cargo run -p axum-shop
//! ```
//!
//! Create an order with the invoice id that the vendor's API returned for it, send postbacks signed by
//! `ccpostback` as often as you like, and see `paid_by`:
//!
//! ```sh
//! curl http://127.0.0.1:3000/orders --json '{"id":"A-1","invoice_id":"INV-ILRAJE1Q","amount":"0.000113","currency":"BNB"}'
//! cargo run -q -p cryptocloud-postback-cli -- send --url http://127.0.0.1:3000/postback --invoice-id ILRAJE1Q --order-id A-1
//! curl http://127.0.0.1:3000/orders/A-1
//! ```
//!
//! A genuine postback that does not match an order gets a 200 and is held, with the reason, until an
//! operator decides:
//!
//! ```sh
//! curl http://127.0.0.1:3000/held
//! curl http://127.0.0.1:3000/held/1/accept --json '{"amount":"0.000113","order_id":"A-1"}'
//! curl http://127.0.0.1:3000/held/1/dismiss --json '{"note":"refunded"}'
//! ```
//!
//! [`PayOrder`] is the part to paste first; `tests/handler.rs` tests it.
#![forbid(unsafe_code)]

mod error;
mod held;
mod orders;
mod payment;

use std::path::Path;

use axum::Router;
use cryptocloud_postback_axum::{core::Verifier, inbox::Inbox, postback_route};
use cryptocloud_postback_sqlx::SqliteStore;
use sqlx::SqlitePool;

pub use error::Error;
pub use held::held;
pub use orders::orders;
pub use payment::PayOrder;

/// The orders and the inbox, in one SQLite file.
#[derive(Clone, Debug)]
pub struct Shop {
    /// To be drained before the process ends.
    pub inbox: Inbox,
    /// The database.
    pub pool: SqlitePool,
}

impl Shop {
    /// Opens or creates the file, migrates its tables, and starts the worker.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be used.
    pub async fn open(file: impl AsRef<Path>) -> Result<Self, Box<dyn std::error::Error>> {
        let store = SqliteStore::connect(file).await?;
        store.migrate().await?;
        let pool = store.pool().clone();
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        let inbox = Inbox::builder("shop", store, PayOrder).start().await?;
        Ok(Self { inbox, pool })
    }
}

/// Everything, to mount with [`Router::merge`] or [`Router::nest`]. Only [`postback`] is public: put
/// your own login before [`orders`] and [`held`].
pub fn router(shop: Shop, verifier: Verifier) -> Router {
    let postback = postback(shop.clone(), verifier);
    postback.merge(orders(shop.clone())).merge(held(shop))
}

/// `/postback`, which responds with 200 once the payment is done or held.
pub fn postback(shop: Shop, verifier: Verifier) -> Router {
    Router::new().route("/postback", postback_route(verifier, shop.inbox))
}

/// The tables of the shop. In production, make it the first of your numbered migrations.
pub const SCHEMA: &str = include_str!("../sql/schema.sql");
