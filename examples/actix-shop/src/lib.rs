//! A shop on actix-web and PostgreSQL that marks each order as paid once: to run, to mount, to paste
//! from.
//!
//! Run it with a mimic of the vendor's API:
//!
//! ```sh
//! export DATABASE_URL=postgres://postgres@127.0.0.1/postgres
//! export CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example
//! export CRYPTOCLOUD_API_KEY=eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8 CRYPTOCLOUD_SHOP_ID=shop
//! cargo run -q -p cryptocloud-postback-cli -- api --postback-url http://127.0.0.1:3000/postback &
//! cargo run -p actix-shop -- migrate
//! CRYPTOCLOUD_API_URL=http://127.0.0.1:4100 cargo run -p actix-shop
//! ```
//!
//! Create an order, pay it at its `link`, and see `paid_by`:
//!
//! ```sh
//! LINK=$(curl -s http://127.0.0.1:3000/orders --json '{"id":"A-1","amount":"25","currency":"USD"}' | grep -o 'http[^"]*')
//! curl $LINK --json '{"status":"paid"}'
//! curl http://127.0.0.1:3000/orders/A-1
//! ```
//!
//! With `"postback":false` beside the status no postback comes, and the shop finds the payment itself.
//! What differs from what the vendor states, or from the order, gets a 200 and is held, with the
//! reason, until an operator decides:
//!
//! ```sh
//! curl http://127.0.0.1:3000/held
//! curl http://127.0.0.1:3000/held/1/accept --json '{"amount":"25","order_id":"A-1"}'
//! curl http://127.0.0.1:3000/held/1/dismiss --json '{"note":"refunded"}'
//! ```
//!
//! Without an API KEY, give the order the invoice id that the vendor's API returned for it, and be the
//! vendor by `ccpostback send`:
//!
//! ```sh
//! curl http://127.0.0.1:3000/orders --json '{"id":"A-2","invoice_id":"INV-ILRAJE1Q","amount":"0.000113","currency":"BNB"}'
//! cargo run -q -p cryptocloud-postback-cli -- send --url http://127.0.0.1:3000/postback --invoice-id ILRAJE1Q --order-id A-2
//! ```
//!
//! | setting | what it is |
//! |---|---|
//! | `CRYPTOCLOUD_SECRET_KEY` | verifies postbacks |
//! | `CRYPTOCLOUD_API_KEY` | creates the invoices of orders, and asks whether they are paid; without it, amounts are compared with what the postback reports, unsigned |
//! | `CRYPTOCLOUD_API_URL`, `CRYPTOCLOUD_SHOP_ID` | the address of the API, and the id of the project; required with the key |
//! | `RECONCILE_SECONDS` | the time between two looks for payments without a postback; defaults to 300 |
//! | `DATABASE_URL`, `LISTEN_ADDR` | the database; and where to listen, which defaults to `127.0.0.1:3000` |
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
mod vendor;

use std::{error::Error, future};

use actix_web::web::{Data, ServiceConfig};
use cryptocloud_postback_actix_web::{
    core::Verifier,
    inbox::{Handler, Inbox},
    postback_route,
};
use cryptocloud_postback_api::{Confirmer, Reconciler};
use cryptocloud_postback_sqlx::PostgresStore;
use sqlx::{PgConnection, PgPool};

pub use payment::PayOrder;
pub use vendor::Vendor;

/// The orders and the inbox, in one database.
#[derive(Clone, Debug)]
pub struct Shop {
    /// To be drained before the process ends.
    pub inbox: Inbox,
    /// The database.
    pub pool: PgPool,
    reconciler: Option<Reconciler>,
    vendor: Option<Vendor>,
}

impl Shop {
    /// Starts the worker on a database that is migrated, with [`PayOrder`] or a handler of your own.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be used.
    pub async fn open(
        pool: PgPool,
        vendor: Option<Vendor>,
        handler: impl Handler<PgConnection>,
    ) -> Result<Self, Box<dyn Error>> {
        let inbox = Inbox::builder("shop", PostgresStore::new(pool.clone()), handler);
        let (inbox, reconciler) = match &vendor {
            None => {
                let inbox = inbox.start().await?;
                tracing::warn!(
                    "no API KEY: amounts are compared with what the postback reports, unsigned"
                );
                (inbox, None)
            }
            Some(vendor) => {
                let confirmer = Confirmer::builder(vendor.api.clone()).build();
                let inbox = inbox.confirm(confirmer.clone()).start().await?;
                let reconciler = Reconciler::builder(inbox.clone(), confirmer)
                    .interval(vendor.interval)
                    .open_invoices(vendor::Unpaid(pool.clone()));
                (inbox, Some(reconciler.build()?))
            }
        };
        Ok(Self {
            inbox,
            pool,
            reconciler,
            vendor,
        })
    }

    /// Looks for payments whose postback never came, until it is dropped. Run it beside the server.
    pub async fn reconcile(&self) {
        match &self.reconciler {
            Some(reconciler) => reconciler.run().await,
            None => future::pending().await,
        }
    }
}

/// Everything, to mount with `App::configure` or `Scope::configure`. Only `/postback` is public: put
/// your own login before `/orders` and `/held`.
pub fn configure(config: &mut ServiceConfig, verifier: Verifier, shop: Shop) {
    config
        .route("/postback", postback_route(verifier, shop.inbox.clone()))
        .app_data(Data::new(shop))
        .configure(orders::configure)
        .configure(held::configure);
}
