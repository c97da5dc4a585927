//! A shop on axum that marks orders as paid, once each, in SQLite: to run or to mount.
//!
//! Run with
//!
//! ```sh
//! CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example cargo run -p axum-shop
//! ```
//!
//! create an order, which is 201:
//!
//! ```sh
//! curl -i http://127.0.0.1:3000/orders -H 'Content-Type: application/json' -d '{"id":"ORDER_93223","amount":"0.000113","currency":"BNB"}'
//! ```
//!
//! pay it, as often as you like:
//!
//! ```sh
//! CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example cargo run -q -p cryptocloud-postback --features testing --example sign | curl -i http://127.0.0.1:3000/postback -H 'Content-Type: application/json' --data-binary @-
//! ```
//!
//! and see that it is paid:
//!
//! ```sh
//! curl http://127.0.0.1:3000/orders/ORDER_93223
//! ```
//!
//! The orders are in `data/shop.sqlite`, or in the folder that `DATA_DIR` names.
//!
//! # What becomes of a payment
//!
//! | postback | answer | effect |
//! |---|---|---|
//! | what an open order says | 200 | the order is paid |
//! | the same once more, also with a new token | 200 | none |
//! | without an order, for an unknown one, of another amount or currency, for a paid one | 200 | kept in `unsettled_payments`, listed at `/unsettled`, and a warning |
//! | an invoice once more with other fields | 409 | kept by the inbox ([`Shop::inbox`]), and an error in the log |
//! | any, while the database fails | 503 and `Retry-After` | none |
//!
//! The claim of the invoice, the order and what is kept for a person are one commit, and 200 comes
//! after it.
#![forbid(unsafe_code)]

mod error;
mod order;
mod payment;
mod routes;
mod settlement;
mod shop;

pub use error::Error;
pub use order::{NewOrder, Order};
pub use payment::{Payment, Reason, UnsettledPayment};
pub use routes::{orders, postback, router};
pub use shop::Shop;
