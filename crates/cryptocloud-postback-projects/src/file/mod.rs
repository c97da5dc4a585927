#[cfg(feature = "api")]
mod api;
mod error;
mod reading;
mod settings;
mod watcher;

use std::{fmt, path::PathBuf};

use async_trait::async_trait;
use tokio::sync::watch;

pub use self::error::FileError;
use self::{reading::Reading, watcher::Watcher};
#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{Inboxes, Project, ProjectMap, Projects, SourceError};

/// Projects from a TOML file, whose changes are taken up without a restart.
///
/// ```toml
/// [projects.shop]
/// secret_file = "secrets/shop"               # relative to this file
/// also_accept_files = ["secrets/shop.old"]   # while the vendor still signs with the old one
///
/// [projects.club]
/// secret = "…"
/// also_accept = ["…"]
/// require_live_payment = true                # defaults to false
/// allow_short_secrets = false                # the default: at least 32 bytes
///
/// # With the feature `api`:
/// api_key_file = "secrets/club.api"          # or api_key = "…"
/// api_url = "https://api.trybit.com"
/// shop_id = "…"                              # only needed to create invoices
/// ```
///
/// The directories of all these files are watched, and the files are read every 30 s in case the
/// system reports no change. A Kubernetes secret, whose directory is swapped by a symbolic link, can
/// be mounted as it is. Replace a file by renaming a new one, so that no half of it is read.
///
/// A change is taken up as a whole once two reads 100 ms apart see the same. If any part of it cannot
/// be used, the last good state stays, the log has an error with the line, and the next read tries
/// again.
///
/// Reading ends when this value is dropped.
pub struct FileProjects {
    current: watch::Receiver<ProjectMap>,
    path: PathBuf,
}

impl FileProjects {
    /// Reads the file, makes an inbox for each project, and starts to watch.
    ///
    /// # Errors
    ///
    /// Returns a [`FileError`] if any project in the file cannot be used.
    pub async fn open(path: impl Into<PathBuf>, inboxes: Inboxes) -> Result<Self, FileError> {
        let path = path.into();
        // First, so that no change between the two is missed.
        let mut watcher = Watcher::new(&path, inboxes);
        let reading = Reading::of(&path).await;
        let (sender, current) = watch::channel(watcher.take_up(reading).await?);
        #[cfg(feature = "metrics")]
        metrics::file_in_use(true);
        tokio::spawn(watcher.run(sender));
        Ok(Self { current, path })
    }
}

#[async_trait]
impl Projects for FileProjects {
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
        Ok(self.current.borrow().get(name))
    }
}

impl fmt::Debug for FileProjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileProjects")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
