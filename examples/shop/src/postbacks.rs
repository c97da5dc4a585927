use std::sync::Arc;

use cryptocloud_postback::Verifier;
use cryptocloud_postback_inbox::Inbox;
use cryptocloud_postback_projects::{FileProjects, Inboxes};

use crate::{
    BoxError, Error, GRACE, Order, PROJECT, Secrets, Settings, Source, error::one_line, in_setting,
};

/// What each shop does in its own way.
pub trait Backend: Clone + Send + Sync + 'static {
    /// Starts the inbox of a project. With a source it pays only what that confirms, and finds payments
    /// without a postback.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be used.
    fn start(
        &self,
        project: Box<str>,
        source: Option<Source>,
    ) -> impl Future<Output = Result<Inbox, BoxError>> + Send;

    /// Finds an order.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails.
    fn order(&self, id: &str) -> impl Future<Output = Result<Option<Order>, Error>> + Send;
}

/// What the route of the postbacks needs.
#[derive(Clone, Debug)]
pub enum Postbacks {
    /// Those of one project.
    One(Verifier, Inbox),
    /// Those of several projects, which the path names.
    Many(Arc<FileProjects>, Inboxes),
}

impl Postbacks {
    /// Starts the inboxes.
    pub(crate) async fn open(settings: &Settings, shop: &impl Backend) -> Result<Self, String> {
        let interval = settings.interval;
        match &settings.secrets {
            Secrets::One(verifier) => {
                let source = settings.vendor.as_ref().map(|vendor| Source {
                    api: Arc::new(vendor.api.clone()),
                    interval,
                });
                let inbox = start(shop, PROJECT.into(), source).await;
                let inbox = inbox.map_err(|error| one_line(&*error))?;
                Ok(Self::One(verifier.clone(), inbox))
            }
            Secrets::Many(file) => {
                let shop = shop.clone();
                let inboxes = Inboxes::with_optional_api(move |project, api| {
                    let source = api.map(|api| Source {
                        api: Arc::new(api),
                        interval,
                    });
                    let shop = shop.clone();
                    async move { start(&shop, project, source).await }
                });
                let projects = FileProjects::open(file, inboxes.clone()).await;
                let projects = projects.map_err(in_setting("PROJECTS_FILE"))?;
                Ok(Self::Many(Arc::new(projects), inboxes))
            }
        }
    }

    /// Where to mount the route.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::One(..) => "/postback",
            Self::Many(..) => "/postback/{project}",
        }
    }

    /// Waits until no handler runs. Call it once the server has stopped.
    pub async fn drain(self) {
        match self {
            Self::One(_, inbox) => inbox.drain(GRACE).await,
            Self::Many(_, inboxes) => inboxes.drain(GRACE).await,
        }
    }

    /// The status and the text of the response to `GET /readyz`.
    pub(crate) async fn ready(&self) -> (u16, String) {
        // All of them have the same store.
        let ready = match self.inboxes().await.first() {
            Some(inbox) => inbox.ready().await.map_err(|error| one_line(&error)),
            None => Err("no project".to_owned()),
        };
        match ready {
            Ok(()) => (200, "ready".to_owned()),
            Err(reason) => (503, reason),
        }
    }

    pub(crate) async fn inboxes(&self) -> Vec<Inbox> {
        match self {
            Self::One(_, inbox) => vec![inbox.clone()],
            Self::Many(_, inboxes) => inboxes.all().await,
        }
    }
}

async fn start(
    shop: &impl Backend,
    project: Box<str>,
    source: Option<Source>,
) -> Result<Inbox, BoxError> {
    let confirms = source.is_some();
    let inbox = shop.start(project, source).await?;
    if !confirms {
        tracing::warn!(
            project = inbox.project(),
            "no API KEY: amounts are compared with what the postback reports, unsigned"
        );
    }
    Ok(inbox)
}
