//! The page of a small shop, and a simulator that pays its orders, to see what the crates do.
//!
//! ```sh
//! cargo run -p demo
//! ```
//!
//! Open `http://127.0.0.1:3000/`, create an order, press "Simulate payment", and see the order turn to
//! paid, with the checks that the postback passed.
//! The other buttons send the same postback again, a resend and forgeries; the page shows what was
//! refused and why, and what is held for review until you accept or dismiss it.
//!
//! The shop is `axum-shop`, with its handler, its orders and its routes; read that one to build your
//! own. The demo adds the page, and a `/postback` that also shows what arrived.
//! Nothing has to be set: the demo creates a secret in the folder `data`, or in the one that
//! `DATA_DIR` names, beside its orders. `LISTEN_ADDR` sets another loopback address than
//! `127.0.0.1:3000`.
//!
//! The program sends postbacks too:
//!
//! ```sh
//! cargo run -q -p cryptocloud-postback-cli -- send --secret-file data/demo-secret --url http://127.0.0.1:3000/postback
//! ```
#![forbid(unsafe_code)]

mod changes;
mod delivery;
mod events;
mod guard;
mod log;
mod page;
mod receive;
mod secret;
mod simulator;

use axum::{Router, extract::FromRef, middleware, routing::post};
use axum_shop::Shop;
use cryptocloud_postback_axum::{core::Verifier, inbox::Inbox};
use shop::Postbacks;

pub use changes::Changes;
pub use secret::DemoSecret;
pub use simulator::Simulator;

use crate::log::Log;

/// The page at `/` with its events and its simulator, and the routes of the shop.
///
/// All of it responds to this machine alone, and to no other website.
pub fn demo(
    shop: Shop,
    inbox: Inbox,
    verifier: Verifier,
    simulator: Simulator,
    changes: Changes,
) -> Router {
    let postbacks = Postbacks::One(verifier.clone(), inbox.clone());
    let state = Demo {
        log: Log::new(changes.clone()),
        changes,
        inbox,
        verifier,
    };
    page::page()
        .merge(receive::postback())
        .with_state(state)
        .route("/simulate", post(simulator::simulate).with_state(simulator))
        .merge(axum_shop::orders(shop.clone()))
        .merge(shop::axum::operator(shop, postbacks))
        .layer(middleware::map_response(page::protect))
        .layer(middleware::from_fn(guard::guard))
}

#[derive(Clone)]
struct Demo {
    changes: Changes,
    inbox: Inbox,
    log: Log,
    verifier: Verifier,
}

impl FromRef<Demo> for Verifier {
    fn from_ref(demo: &Demo) -> Self {
        demo.verifier.clone()
    }
}
