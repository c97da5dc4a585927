//! A shop on actix-web that marks orders as paid, once each, in PostgreSQL: to run or to mount.
//!
//! Run with a database of your own
//!
//! ```sh
//! DATABASE_URL=postgres://postgres@127.0.0.1/postgres CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example cargo run -p actix-shop
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
//! CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example cargo run -q -p cryptocloud-postback-cli -- send --url http://127.0.0.1:3000/postback --order-id ORDER_93223
//! ```
//!
//! and see that it is paid:
//!
//! ```sh
//! curl http://127.0.0.1:3000/orders/ORDER_93223
//! ```
//!
//! The tables are made on first start.
//! A server on another machine wants TLS: turn on sqlx's `tls-rustls-ring`, and add
//! `?sslmode=verify-full` to the URL.
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
pub use routes::{configure, configure_orders, configure_postback};
pub use shop::Shop;
