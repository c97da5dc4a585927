#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod orders;
mod payment;

use std::path::Path;

use async_trait::async_trait;
use axum::Router;
use cryptocloud_postback_api::{Confirmer, OpenInvoices, Reconciler};
use cryptocloud_postback_axum::{core::InvoiceId, inbox::Inbox, postback_route, projects_route};
use cryptocloud_postback_sqlx::SqliteStore;
use shop::{Backend, BoxError, Error, Order, Postbacks, Source};

pub use {orders::orders, payment::PayOrder, shop::Vendor};

/// The orders and the payments, in one SQLite file.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The database.
    pub store: SqliteStore,
    vendor: Option<Vendor>,
}

impl Shop {
    /// Opens or creates the file, and migrates its tables.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be used.
    pub async fn open(file: impl AsRef<Path>, vendor: Option<Vendor>) -> Result<Self, BoxError> {
        let store = SqliteStore::connect(file).await?;
        store.migrate().await?;
        sqlx::raw_sql(SCHEMA).execute(store.pool()).await?;
        Ok(Self { store, vendor })
    }
}

impl Backend for Shop {
    async fn start(&self, project: Box<str>, source: Option<Source>) -> Result<Inbox, BoxError> {
        let inbox = Inbox::builder(project, self.store.clone(), PayOrder);
        let Some(Source { api, interval }) = source else {
            return Ok(inbox.start().await?);
        };
        let confirmer = Confirmer::builder(api).build();
        let inbox = inbox.confirm(confirmer.clone()).start().await?;
        let mut reconciler = Reconciler::builder(inbox.clone(), confirmer).interval(interval);
        // Of several projects, an order does not tell which one its invoice is of.
        if self.vendor.is_some() {
            reconciler = reconciler.open_invoices(self.clone());
        }
        reconciler.start()?;
        Ok(inbox)
    }

    async fn order(&self, id: &str) -> Result<Option<Order>, Error> {
        let order = sqlx::query_as("SELECT * FROM orders WHERE id = $1").bind(id);
        Ok(order.fetch_optional(self.store.pool()).await?)
    }
}

#[async_trait]
impl OpenInvoices for Shop {
    /// An invoice can be paid for far less than 30 days.
    async fn open_invoices(&self) -> Result<Vec<InvoiceId>, BoxError> {
        let sql = "SELECT invoice_id FROM orders WHERE paid_by IS NULL AND invoice_id IS NOT NULL \
                   AND created_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days')";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(self.store.pool()).await?;
        Ok(ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?)
    }
}

/// Everything, to mount with [`Router::merge`] or [`Router::nest`]. Only the route of the postbacks is
/// public: put your own login before the others.
pub fn router(shop: Shop, postbacks: Postbacks) -> Router {
    let route = match postbacks.clone() {
        Postbacks::One(verifier, inbox) => postback_route(verifier, inbox),
        Postbacks::Many(projects, _) => projects_route(projects),
    };
    Router::new()
        .route(postbacks.path(), route)
        .merge(orders(shop.clone()))
        .merge(shop::axum::operator(shop, postbacks))
}

/// The tables of the shop. In production, make it the first of your numbered migrations.
pub const SCHEMA: &str = include_str!("../sql/schema.sql");
