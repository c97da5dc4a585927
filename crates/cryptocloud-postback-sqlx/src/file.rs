use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};

use crate::error::Fault;

/// The file of a database, to notice that it was deleted, moved or replaced.
///
/// SQLite does not notice: it goes on writing to the file that it has opened, which no path leads
/// to, and which is gone when the process ends. All connections are kept then, because they are
/// what keeps that file.
#[derive(Clone, Debug, Default)]
pub(crate) struct File(Option<Arc<Opened>>);

#[derive(Debug)]
struct Opened {
    path: Box<Path>,
    /// Of the file that was at the path at first. Empty for a database in memory, which has no path.
    identity: OnceLock<Identity>,
}

impl File {
    /// The file at the path, which SQLite has opened or is about to open.
    #[cfg(feature = "sqlite")]
    pub(crate) fn new(path: &Path) -> Self {
        let file = Self(Some(Arc::new(Opened {
            path: path.into(),
            identity: OnceLock::new(),
        })));
        // Remembers the file, if it is there.
        let _ = file.is_in_place();
        file
    }

    /// Before anything begins, and before the pool opens another file at the path.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.check_as(StoreErrorKind::Unavailable)
    }

    /// After a commit, before anything is confirmed.
    pub(crate) fn check_committed(&self) -> Result<(), Fault> {
        self.check_as(StoreErrorKind::OutcomeUnknown)
    }

    fn check_as(&self, kind: StoreErrorKind) -> Result<(), Fault> {
        if self.is_in_place() {
            return Ok(());
        }
        Err(StoreError::new(kind, REPLACED).into())
    }

    fn is_in_place(&self) -> bool {
        let Some(opened) = &self.0 else {
            return true;
        };
        let found = identity(&opened.path);
        match opened.identity.get() {
            Some(identity) => found.is_some_and(|found| found == *identity),
            None => found.is_none_or(|found| *opened.identity.get_or_init(|| found) == found),
        }
    }
}

/// Device and inode.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;

    // Never open the file here: to close it again would drop SQLite's locks on it.
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Windows refuses to delete or rename a file that SQLite has open.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<Identity> {
    None
}

const REPLACED: &str = "database file was deleted, moved or replaced while the program ran: \
    stop the program, and move it back with its own -wal and without any other; a program that starts \
    without it begins an empty one";
