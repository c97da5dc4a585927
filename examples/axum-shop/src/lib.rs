//! A shop on axum that marks orders as paid, once each, in SQLite: to run or to mount.
//!
//! Run with
//!
//! ```sh
//! cargo run -p axum-shop
//! ```
//!
//! and open `http://127.0.0.1:3000/`: create an order, press "Simulate payment", and see the order turn
//! to paid, with the checks that the postback has passed.
//! The other buttons send a duplicate, a resend and forgeries, and the page shows what was refused and
//! why.
//!
//! Nothing has to be set: without `CRYPTOCLOUD_SECRET_KEY` the shop makes a secret of its own, for
//! trying, in the file `demo-secret` beside the orders.
//! With it the shop is a real one, and the simulator is off.
//!
//! The same without the page: create an order, which is 201,
//!
//! ```sh
//! curl -i http://127.0.0.1:3000/orders -H 'Content-Type: application/json' -d '{"id":"ORDER_93223","amount":"0.000113","currency":"BNB"}'
//! ```
//!
//! pay it, as often as you like:
//!
//! ```sh
//! cargo run -q -p cryptocloud-postback-cli -- send --secret-file data/demo-secret --url http://127.0.0.1:3000/postback --order-id ORDER_93223
//! ```
//!
//! and see that it is paid:
//!
//! ```sh
//! curl http://127.0.0.1:3000/orders/ORDER_93223
//! ```
//!
//! All of it is in the folder `data`, or in the one that `DATA_DIR` names, and outlives a restart.
//! `LISTEN_ADDR` sets another address than `127.0.0.1:3000`.
//!
//! # What to mount
//!
//! [`postback`] is `/postback` alone, [`orders`] is the shop's own API, and [`router`] is both.
//! [`demo`] adds the page, its events and the simulator.
//! Several processes can share the file; a page turns by itself for payments of its own process, and
//! shows those of the others with its next change.
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
//! | one that is not genuine | 400 to 422 | none; a shop on a demo secret shows why |
//!
//! The claim of the invoice, the order and what is kept for a person are one commit, and 200 comes
//! after it.
#![forbid(unsafe_code)]

mod changes;
mod delivery;
mod error;
mod events;
mod guard;
mod log;
mod order;
mod page;
mod payment;
mod routes;
mod secret;
mod settlement;
mod shop;
mod simulator;

pub use delivery::Delivery;
pub use error::Error;
pub use order::{NewOrder, Order};
pub use page::demo;
pub use payment::{Payment, Reason, UnsettledPayment};
pub use routes::{orders, postback, router};
pub use secret::DemoSecret;
pub use shop::Shop;
pub use simulator::{Simulator, reachable};
