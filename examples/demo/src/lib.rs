//! The page of a small shop, and a vendor that pays its orders, to see what the crates do.
//!
//! ```sh
//! cargo run -p demo
//! ```
//!
//! Open `http://127.0.0.1:3000/`, create an order, press "Simulate payment", and see the order turn to
//! paid, step by step.
//! The other buttons lose the postback, let the handler fail, send copies and forgeries, or take the
//! vendor's API down; the page shows what was refused and why, and what is held for review until you
//! accept or dismiss it.
//!
//! The shop is `axum-shop`, with its handler, its orders and its routes; read that one to build your
//! own. The demo adds the page, a `/postback` that also shows what arrived, and at `/vendor` the mimic
//! of the vendor's API that `ccpostback api` is, with an API KEY that is made up.
//! Nothing has to be set: the demo creates a secret in the folder `data`, or in the one that
//! `DATA_DIR` names, beside its orders; a second demo needs a folder of its own. `LISTEN_ADDR` sets
//! another loopback address than `127.0.0.1:3000`, and `RECONCILE_SECONDS` how often the shop looks for
//! payments without a postback, if not every 5 seconds.
//!
//! Another program can be the vendor too:
//!
//! ```sh
//! cargo run -q -p cryptocloud-postback-cli -- send --secret-file data/demo-secret --url http://127.0.0.1:3000/postback
//! ```
#![forbid(unsafe_code)]

mod cause;
mod entry;
mod history;
mod order;
mod page;
mod receive;
mod secret;
mod vendor;

use std::{fmt, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{Router, extract::FromRef, middleware};
use axum_shop::Shop;
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl};
use cryptocloud_postback_axum::{
    core::{SecretKey, Verifier},
    inbox::Inbox,
};
use cryptocloud_postback_cli::{Changes, guard};
use shop::{Backend, BoxError, PROJECT, Postbacks, Source};

pub use secret::DemoSecret;

use crate::{history::History, vendor::Vendor};

/// A shop with its page and its vendor, for one address.
#[derive(Clone)]
pub struct Demo {
    address: SocketAddr,
    /// To be ended before the server stops.
    pub changes: Changes,
    history: History,
    /// To be drained before the process ends.
    pub inbox: Inbox,
    /// The orders.
    pub shop: Shop,
    vendor: Vendor,
    verifier: Verifier,
}

impl Demo {
    /// Opens or creates the shop and its secret in this folder.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be used.
    pub async fn open(
        folder: &Path,
        address: SocketAddr,
        interval: Duration,
    ) -> Result<Self, BoxError> {
        let secret = DemoSecret::new(folder);
        let path = secret.path().display();
        let secret = secret.get().map_err(|error| format!("{path}: {error}"))?;
        let verifier = Verifier::new(SecretKey::new(secret.as_str())?)?;
        let base = BaseUrl::parse(&vendor::api_url(address))?;
        let api = Api::builder(ApiKey::new(API_KEY)?, base)
            .max_retries(1)
            .build()?;
        let vendor = axum_shop::Vendor {
            api: api.clone(),
            shop_id: "demo".to_owned(),
        };
        let shop = Shop::open(folder.join("demo.sqlite"), Some(vendor)).await?;
        sqlx::raw_sql(order::SCHEMA)
            .execute(shop.store.pool())
            .await?;
        let vendor = Vendor::new(secret, address, shop.store.pool().clone())?;
        order::restore(&shop, &vendor.mimic).await?;
        let source = Source {
            api: Arc::new(api),
            interval,
        };
        let inbox = shop.start(PROJECT.into(), Some(source)).await?;
        let changes = Changes::default();
        let history = History::new(changes.clone());
        history.look(&inbox).await?;
        Ok(Self {
            address,
            history,
            changes,
            inbox,
            shop,
            vendor,
            verifier,
        })
    }

    /// The page at `/`, the vendor at `/vendor`, and the routes of the shop.
    ///
    /// All but `/postback` responds to this machine alone, and to no other website.
    pub fn router(&self) -> Router {
        let postbacks = Postbacks::One(self.verifier.clone(), self.inbox.clone());
        let guard = middleware::from_fn_with_state(self.address, guard);
        page::page()
            .with_state(self.clone())
            .merge(self.vendor.router())
            .merge(axum_shop::orders(self.shop.clone()))
            .merge(shop::axum::operator(self.shop.clone(), postbacks))
            .layer(guard)
            .merge(receive::postback().with_state(self.clone()))
    }

    /// Looks for changes to show until the end of [`changes`](Self::changes). Run it beside the server.
    pub async fn follow(&self) {
        self.history
            .follow(&self.inbox, self.shop.store.pool())
            .await;
    }
}

impl FromRef<Demo> for Verifier {
    fn from_ref(demo: &Demo) -> Self {
        demo.verifier.clone()
    }
}

/// Without the secret.
impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Made up: the mimic accepts any JWT.
const API_KEY: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8";
