use std::{collections::BTreeMap, error::Error, fmt, pin::Pin, sync::Arc, time::Duration};

use cryptocloud_postback_inbox::Inbox;
use tokio::{
    sync::{Mutex, OnceCell},
    task::JoinSet,
};

use crate::SourceError;
#[cfg(feature = "api")]
use crate::{CurrentApi, ProjectApi, api::Apis};

/// Makes the inbox of each project once, and keeps it while its secret changes.
///
/// The inbox of a project that is removed keeps working on the payments that it has stored.
/// A clone costs an `Arc`.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_inbox::{Handler, Inbox, MemoryStore};
/// use cryptocloud_postback_projects::Inboxes;
///
/// fn inboxes(shop: impl Handler<()> + Clone) -> Inboxes {
///     Inboxes::new(move |name| {
///         let builder = Inbox::builder(name, MemoryStore::new(1_000), shop.clone());
///         async { Ok(builder.start().await?) }
///     })
/// }
/// ```
#[derive(Clone)]
pub struct Inboxes(Arc<Inner>);

struct Inner {
    #[cfg(feature = "api")]
    apis: Arc<Apis>,
    #[cfg(all(feature = "api", feature = "file"))]
    ask: Ask,
    factory: Box<dyn Fn(Box<str>) -> Making + Send + Sync>,
    made: Mutex<BTreeMap<Box<str>, Arc<OnceCell<Inbox>>>>,
}

/// Which inboxes ask the vendor's API.
#[cfg(all(feature = "api", feature = "file"))]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ask {
    Always,
    /// Those whose project has an API when its inbox is made.
    Either,
    Never,
}

type Making = Pin<Box<dyn Future<Output = Made> + Send>>;
type Made = Result<Inbox, Box<dyn Error + Send + Sync>>;

impl Inboxes {
    /// Takes the function that makes the inbox of the project of this name.
    pub fn new<F, R>(factory: F) -> Self
    where
        F: Fn(Box<str>) -> R + Send + Sync + 'static,
        R: Future<Output = Made> + Send + 'static,
    {
        Self(Arc::new(Inner {
            #[cfg(feature = "api")]
            apis: Arc::default(),
            #[cfg(all(feature = "api", feature = "file"))]
            ask: Ask::Never,
            factory: Box::new(move |name| Box::pin(factory(name))),
            made: Mutex::default(),
        }))
    }

    /// Takes the function that makes the inbox of the project of this name, which asks the vendor's
    /// API with the key of that project.
    ///
    /// Then every project needs an API, and with [`new`](Self::new) none may have one:
    /// [`FileProjects`](crate::FileProjects) refuses the file otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback_api::Confirmer;
    /// use cryptocloud_postback_inbox::{Handler, Inbox, MemoryStore};
    /// use cryptocloud_postback_projects::Inboxes;
    ///
    /// fn inboxes(shop: impl Handler<()> + Clone) -> Inboxes {
    ///     Inboxes::with_api(move |name, api| {
    ///         let builder = Inbox::builder(name, MemoryStore::new(1_000), shop.clone())
    ///             .confirm(Confirmer::builder(api).build());
    ///         async { Ok(builder.start().await?) }
    ///     })
    /// }
    /// ```
    #[cfg(feature = "api")]
    pub fn with_api<F, R>(factory: F) -> Self
    where
        F: Fn(Box<str>, CurrentApi) -> R + Send + Sync + 'static,
        R: Future<Output = Made> + Send + 'static,
    {
        let apis = Arc::<Apis>::default();
        let current = Arc::clone(&apis);
        Self(Arc::new(Inner {
            apis,
            #[cfg(feature = "file")]
            ask: Ask::Always,
            factory: Box::new(move |name| match current.current(&name) {
                Some(api) => Box::pin(factory(name, api)),
                None => Box::pin(async { Err("project has no API".into()) }),
            }),
            made: Mutex::default(),
        }))
    }

    /// Takes the function that makes the inbox of the project of this name, which asks the vendor's
    /// API if that project has one.
    ///
    /// Once its inbox is made, a project can neither get nor lose its API:
    /// [`FileProjects`](crate::FileProjects) refuses such a change of the file until the program is
    /// started again.
    #[cfg(feature = "api")]
    pub fn with_optional_api<F, R>(factory: F) -> Self
    where
        F: Fn(Box<str>, Option<CurrentApi>) -> R + Send + Sync + 'static,
        R: Future<Output = Made> + Send + 'static,
    {
        let apis = Arc::<Apis>::default();
        let current = Arc::clone(&apis);
        Self(Arc::new(Inner {
            apis,
            #[cfg(feature = "file")]
            ask: Ask::Either,
            factory: Box::new(move |name| {
                let api = current.current(&name);
                Box::pin(factory(name, api))
            }),
            made: Mutex::default(),
        }))
    }

    /// Sets the API of a project: what its inbox asks from now on. Call it before [`get`](Self::get).
    #[cfg(feature = "api")]
    pub fn set_api(&self, name: &str, api: ProjectApi) {
        self.0.apis.set(name, api);
    }

    /// Sets what the inbox of a project is made with, unless it is made already.
    ///
    /// Returns an error if the inbox would ignore it.
    #[cfg(all(feature = "api", feature = "file"))]
    pub(crate) async fn prepare(
        &self,
        name: &str,
        api: Option<&ProjectApi>,
    ) -> Result<(), &'static str> {
        let Inner {
            apis, ask, made, ..
        } = &*self.0;
        let made = made.lock().await;
        let is_made = made.get(name).is_some_and(|cell| cell.initialized());
        let asks = match ask {
            Ask::Always => true,
            Ask::Either if is_made => apis.current(name).is_some(),
            Ask::Either => api.is_some(),
            Ask::Never => false,
        };
        match api {
            Some(api) if asks => apis.add(name, api),
            None if !asks => apis.remove(name),
            None => return Err(NO_API),
            Some(_) if *ask == Ask::Never => return Err(UNUSED_API),
            Some(_) => return Err(NEW_API),
        }
        Ok(())
    }

    /// The inbox of this project, which is made by the first call that succeeds.
    ///
    /// Call it only for a project that exists: every name that gets here is kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the inbox cannot be made; the next call tries again.
    pub async fn get(&self, name: &str) -> Result<Inbox, SourceError> {
        let cell = Arc::clone(self.0.made.lock().await.entry(name.into()).or_default());
        let make = || (self.0.factory)(name.into());
        let inbox = cell.get_or_try_init(make).await;
        Ok(inbox.map_err(SourceError::new)?.clone())
    }

    /// All inboxes that were made, in the order of their names.
    pub async fn all(&self) -> Vec<Inbox> {
        let made = self.0.made.lock().await;
        made.values()
            .filter_map(|cell| cell.get().cloned())
            .collect()
    }

    /// Drains all inboxes at the same time, as [`Inbox::drain`] does. Call it on shutdown.
    pub async fn drain(&self, limit: Duration) {
        let mut drains = JoinSet::new();
        for inbox in self.all().await {
            drains.spawn(async move { inbox.drain(limit).await });
        }
        drains.join_all().await;
    }
}

impl fmt::Debug for Inboxes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inboxes").finish_non_exhaustive()
    }
}

#[cfg(all(feature = "api", feature = "file"))]
const NEW_API: &str = "project has a new API KEY, but its inbox was made without one: restart";
#[cfg(all(feature = "api", feature = "file"))]
const NO_API: &str = "project needs an API: its inbox confirms payments";
/// Its owner believes that payments are confirmed.
#[cfg(all(feature = "api", feature = "file"))]
const UNUSED_API: &str = "project has an API KEY, but this program confirms no payments with it";
