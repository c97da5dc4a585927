//! A shop on actix-web and PostgreSQL that marks each order as paid once: to run, to mount, to paste
//! from.
//!
//! ```sh
//! export DATABASE_URL=postgres://postgres@127.0.0.1/postgres
//! export CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example
//! cargo run -p actix-shop -- migrate
//! cargo run -p actix-shop
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
//! Only `migrate` creates tables. The shop itself runs as a role that may `SELECT`, `INSERT` and
//! `UPDATE` its own tables and those of the schema `cryptocloud_inbox`.
//!
//! [`PayOrder`] is the part to paste first; `tests/handler.rs` tests it.
#![forbid(unsafe_code)]

mod error;
mod held;
mod orders;
mod payment;

use actix_web::web;
use cryptocloud_postback_actix_web::{core::Verifier, inbox::Inbox, postback_route};
use sqlx::PgPool;

pub use payment::PayOrder;

/// Everything, to mount with `App::configure` or `Scope::configure`. Only `/postback` is public: put
/// your own login before `/orders` and `/held`.
pub fn configure(config: &mut web::ServiceConfig, verifier: Verifier, inbox: Inbox, pool: PgPool) {
    config
        .app_data(web::Data::new(inbox.clone()))
        .app_data(web::Data::new(pool))
        .route("/postback", postback_route(verifier, inbox))
        .configure(orders::configure)
        .configure(held::configure);
}
