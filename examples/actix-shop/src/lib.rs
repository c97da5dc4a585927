#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod orders;
mod payment;

use actix_web::web::{Data, ServiceConfig};
use async_trait::async_trait;
use cryptocloud_postback_actix_web::{
    core::InvoiceId, inbox::Inbox, postback_route, projects_route,
};
use cryptocloud_postback_api::{Confirmer, OpenInvoices, Reconciler};
use cryptocloud_postback_sqlx::PostgresStore;
use shop::{Backend, BoxError, Error, Order, Postbacks, Source};

pub use {payment::PayOrder, shop::Vendor};

/// The orders and the payments, in one database.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The database, which is migrated.
    pub store: PostgresStore,
    /// `None` without the API KEY of one project: then orders name their invoices.
    pub vendor: Option<Vendor>,
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
                   AND created_at::timestamptz > now() - interval '30 days'";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(self.store.pool()).await?;
        Ok(ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?)
    }
}

/// Everything, to mount with `App::configure` or `Scope::configure`. Only the route of the postbacks
/// is public: put your own login before the others.
pub fn configure(config: &mut ServiceConfig, shop: Shop, postbacks: Postbacks) {
    let route = match postbacks.clone() {
        Postbacks::One(verifier, inbox) => postback_route(verifier, inbox),
        Postbacks::Many(projects, _) => projects_route(projects),
    };
    config
        .route(postbacks.path(), route)
        .app_data(Data::new(shop))
        .configure(orders::configure)
        .configure(|config| shop::actix::operator::<Shop>(config, postbacks));
}
