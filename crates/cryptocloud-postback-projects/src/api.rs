use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_api::{Api, ApiError, Date, Invoice, InvoiceSource};
use futures_util::stream::BoxStream;
use tokio::sync::watch;

/// The vendor's API with the key of one project. A clone costs two `Arc`s.
#[derive(Clone, Debug)]
pub struct ProjectApi {
    api: Api,
    shop_id: Option<Arc<str>>,
}

impl ProjectApi {
    /// The API of a project; its id at the vendor is needed only to create invoices.
    #[must_use]
    pub fn new(api: Api, shop_id: Option<&str>) -> Self {
        Self {
            api,
            shop_id: shop_id.map(Into::into),
        }
    }

    /// The API.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The id of the project at the vendor, for
    /// [`NewInvoice::new`](cryptocloud_postback_api::NewInvoice::new).
    #[must_use]
    pub fn shop_id(&self) -> Option<&str> {
        self.shop_id.as_deref()
    }
}

/// The API of a project with the key of the moment, for the `Confirmer` and the `Reconciler` of its
/// inbox.
///
/// [`Inboxes::with_api`](crate::Inboxes::with_api) hands it out.
/// It asks with a new key as soon as that is taken up, and shares its connections with the
/// [`Project`](crate::Project).
#[derive(Clone, Debug)]
pub struct CurrentApi(watch::Receiver<ProjectApi>);

impl CurrentApi {
    /// The API as it is now.
    #[must_use]
    pub fn get(&self) -> ProjectApi {
        self.0.borrow().clone()
    }
}

#[async_trait]
impl InvoiceSource for CurrentApi {
    async fn invoices(&self, ids: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        self.get().api.invoices(ids).await
    }

    fn list(&self, from: Date, to: Date) -> BoxStream<'_, Result<Invoice, ApiError>> {
        self.get().api.list(from, to)
    }
}

/// The APIs of all projects by their names.
///
/// That of a project that is removed stays: its inbox may still have payments to confirm.
#[derive(Debug, Default)]
pub(crate) struct Apis(Mutex<HashMap<Box<str>, watch::Sender<ProjectApi>>>);

impl Apis {
    pub(crate) fn current(&self, name: &str) -> Option<CurrentApi> {
        let apis = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(CurrentApi(apis.get(name)?.subscribe()))
    }

    /// Sets the API of a project that has none yet.
    pub(crate) fn add(&self, name: &str, api: &ProjectApi) {
        let mut apis = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || watch::Sender::new(api.clone());
        apis.entry(name.into()).or_insert_with(new);
    }

    #[cfg(feature = "file")]
    pub(crate) fn remove(&self, name: &str) {
        let mut apis = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        apis.remove(name);
    }

    pub(crate) fn set(&self, name: &str, api: ProjectApi) {
        self.add(name, &api);
        let apis = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = apis.get(name) {
            current.send_replace(api);
        }
    }
}
