use std::time::Duration;

use cryptocloud_postback::UnixTime;
use tokio::time::timeout;

use super::Inbox;
use crate::{StoreError, StoreErrorKind};

impl Inbox {
    /// Whether postbacks can be stored and handled now: the store can be reached and used, its schema is
    /// one that this program knows, and this machine's clock agrees with the store's to within a minute.
    ///
    /// It is for a route such as `/readyz`, changes nothing, and returns after
    /// [`Limits::statement`](crate::Limits::statement) at the latest.
    /// Do not restart a process because it is not ready: a database that is down would come back to none.
    ///
    /// # Errors
    ///
    /// Returns [`NotReady::Store`] if the store cannot be used or does not respond in time, and
    /// [`NotReady::Clock`] if the clocks differ: then tokens are refused that have not expired, or
    /// accepted that have.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback_inbox::Inbox;
    ///
    /// /// The status and the body of a response to `GET /readyz`.
    /// async fn readyz(inbox: &Inbox) -> (u16, String) {
    ///     match inbox.ready().await {
    ///         Ok(()) => (200, "ready".to_owned()),
    ///         Err(error) => (503, error.to_string()),
    ///     }
    /// }
    /// ```
    pub async fn ready(&self) -> Result<(), NotReady> {
        let limit = self.0.limits.statement;
        let asked = timeout(limit, async {
            self.0.store.check().await?;
            self.0.store.now().await
        });
        let asked = asked.await;
        let store = asked.unwrap_or_else(|_| Err(StoreErrorKind::TimedOut.into()))?;
        let here = UnixTime::now().map_err(|_| NotReady::Clock)?;
        if Duration::from_secs(here.as_secs().abs_diff(store.as_secs())) > LARGEST_DIFFERENCE {
            return Err(NotReady::Clock);
        }
        Ok(())
    }
}

/// Why an [`Inbox`] is not [ready](Inbox::ready).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// This machine's clock and the store's differ by more than a minute.
    #[error("clock differs from the store's by more than a minute")]
    Clock,
    /// The store cannot be used.
    #[error("store cannot be used")]
    Store(#[from] StoreError),
}

const LARGEST_DIFFERENCE: Duration = Duration::from_secs(60);
