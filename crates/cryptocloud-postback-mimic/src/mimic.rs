use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::bail;
use axum::{
    Router, middleware,
    routing::{get, post},
};
use cryptocloud_postback::Amount;

use super::{
    Args, calls,
    fault::{self, Fault},
    invoice::{Invoice, Status, bare},
    pay,
};
use crate::{
    client::Client,
    page,
    secret::{self, Secret},
};

/// A mimic of the vendor's API, with its invoices in memory.
///
/// ```
/// # use std::sync::Arc;
/// # use cryptocloud_postback_cli::Mimic;
/// let mimic = Arc::new(Mimic::new("http://127.0.0.1:3000/vendor"));
/// let app: axum::Router = axum::Router::new().nest("/vendor", mimic.clone().router());
/// ```
pub struct Mimic {
    pub(super) fault: Mutex<Option<Fault>>,
    /// By id, and so in no order that means anything, as the vendor promises none.
    invoices: Mutex<BTreeMap<String, Invoice>>,
    /// The only API KEY that is accepted, if there is one.
    pub(super) key: Option<Secret>,
    pub(super) origin: String,
    pub(super) shop: Option<Shop>,
}

/// Where postbacks are sent, and what signs them.
pub(super) struct Shop {
    pub(super) client: Client,
    pub(super) secret: Secret,
}

impl Mimic {
    /// A mimic that is reached at this URL, accepts any JWT as the API KEY, and sends no postbacks.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            fault: Mutex::default(),
            invoices: Mutex::default(),
            key: None,
            origin: origin.into(),
            shop: None,
        }
    }

    pub(super) fn from_args(origin: String, args: Args) -> anyhow::Result<Self> {
        let shop = match args.postback_url {
            Some(url) => Some(Shop {
                client: Client::new(url, TIMEOUT)?,
                secret: args.secret.signing()?,
            }),
            None => None,
        };
        let key = secret::api_key()?;
        if key
            .as_ref()
            .is_some_and(|key| !calls::looks_like_api_key(key.as_str()))
        {
            bail!(
                "CRYPTOCLOUD_API_KEY is not an API KEY, which is a JWT: three parts with dots between"
            );
        }
        Ok(Self {
            fault: Mutex::new(args.fault),
            key,
            shop,
            ..Self::new(origin)
        })
    }

    /// The vendor's calls, faults and payments, to be protected by [`guard`](crate::guard()).
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/v2/invoice/create", post(calls::create))
            .route("/v2/invoice/merchant/info", post(calls::info))
            .route("/v2/invoice/merchant/list", post(calls::list))
            .route("/v2/invoice/merchant/canceled", post(calls::cancel))
            .layer(middleware::from_fn_with_state(
                self.clone(),
                calls::authorize,
            ))
            // Outermost: a server that is down checks no key.
            .layer(middleware::from_fn_with_state(self.clone(), fault::apply))
            .route("/faults", post(fault::set).delete(fault::clear))
            .route("/pay/{uuid}", get(pay::show).post(pay::pay))
            .merge(page::files(&pay::FILES))
            .with_state(self)
    }

    /// Adds an invoice that another program has created, for this amount in the coin, and that has this
    /// status; one that is known stays as it is.
    pub fn learn(
        &self,
        id: &str,
        order_id: Option<&str>,
        amount: Amount,
        coin: &str,
        status: Status,
    ) {
        let mut invoices = self.invoices();
        if invoices.contains_key(bare(id)) {
            return;
        }
        // An amount that no invoice can have stays unknown.
        if let Ok(mut invoice) = Invoice::created_elsewhere(id, order_id, amount, coin)
            && invoice.settle(status, None).is_ok()
        {
            invoices.insert(invoice.id.clone(), invoice);
        }
    }

    pub(super) fn invoices(&self) -> MutexGuard<'_, BTreeMap<String, Invoice>> {
        // No panic leaves the map inconsistent, so poisoning is ignored.
        self.invoices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the keys.
impl fmt::Debug for Mimic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mimic")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);
