use std::path::PathBuf;

use cryptocloud_postback_sqlx::SqliteStore;
use tempfile::TempDir;

/// A file of its own, migrated, with an order to pay.
pub(crate) struct File {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) store: SqliteStore,
}

impl File {
    pub(crate) async fn new() -> Self {
        let file = Self::empty().await;
        file.create().await;
        file
    }

    pub(crate) async fn with_schema() -> Option<Self> {
        Some(Self::new().await)
    }

    pub(crate) async fn without_schema() -> Option<Self> {
        Some(Self::empty().await)
    }

    /// Without the inbox.
    pub(crate) async fn empty() -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("inbox.sqlite");
        let store = SqliteStore::connect(&path).await;
        Self {
            _folder: folder,
            path,
            store: store.unwrap_or_else(|error| panic!("{error:?}")),
        }
    }
}
