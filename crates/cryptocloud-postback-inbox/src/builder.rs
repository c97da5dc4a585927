use std::{fmt, sync::Arc, time::Duration};

use crate::{Inbox, InboxStore, KeyPolicy, inbox::Settings};

/// Settings of an [`Inbox`], from [`Inbox::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cryptocloud_postback_inbox::{Inbox, MemoryStore};
///
/// let inbox = Inbox::builder("shop", MemoryStore::new(100_000))
///     .lease(Duration::from_secs(30))
///     .store_timeout(Duration::from_secs(2))
///     .build()?;
/// # Ok::<_, cryptocloud_postback_inbox::InboxBuildError>(())
/// ```
#[must_use]
pub struct InboxBuilder {
    settings: Settings,
}

impl InboxBuilder {
    pub(crate) fn new(project: &str, store: Arc<dyn InboxStore>) -> Self {
        Self {
            settings: Settings {
                key_policy: KeyPolicy::default(),
                lease: Duration::from_secs(60),
                project: project.into(),
                store,
                store_timeout: Duration::from_secs(5),
            },
        }
    }

    /// Which postbacks count as the same payment: by invoice and status, unless this is called.
    pub fn key_policy(mut self, policy: KeyPolicy) -> Self {
        self.settings.key_policy = policy;
        self
    }

    /// How long a claim is held without a sign of life: 60 s, unless this is called, at most a day.
    ///
    /// The claim of a crashed worker is free after it.
    /// While a handler runs, its lease is renewed each third of it, so it need not be as long as the
    /// slowest handler, but longer than a handler ever blocks its thread.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long to wait for the store each time: 5 s, unless this is called, at most half the lease.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.settings.store_timeout = timeout;
        self
    }

    /// Makes the inbox.
    ///
    /// # Errors
    ///
    /// Every [`InboxBuildError`].
    pub fn build(self) -> Result<Inbox, InboxBuildError> {
        let settings = self.settings;
        let project = &settings.project;
        if project.is_empty() || project.len() > MAX_PROJECT || project.contains(char::is_control) {
            return Err(InboxBuildError::Project);
        }
        if settings.store_timeout < MIN_TIMEOUT {
            return Err(InboxBuildError::StoreTimeout);
        }
        // A renewal may fail once before the lease is lost.
        if settings.lease > MAX_LEASE || settings.lease / 2 < settings.store_timeout {
            return Err(InboxBuildError::Lease);
        }
        Ok(Inbox::from_settings(settings))
    }
}

impl fmt::Debug for InboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// Why an [`InboxBuilder`] makes no inbox.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InboxBuildError {
    /// The lease is over a day, or under twice the time-out of the store.
    #[error("lease is not between twice the time-out of the store and one day")]
    Lease,
    /// The project's name is empty, over 128 bytes, or has control characters.
    #[error("project is not a name of 1 to 128 bytes without control characters")]
    Project,
    /// The time-out of the store is under a millisecond.
    #[error("time-out of the store is under one millisecond")]
    StoreTimeout,
}

const MAX_LEASE: Duration = Duration::from_secs(86_400);
const MAX_PROJECT: usize = 128;
const MIN_TIMEOUT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    #[track_caller]
    fn check(project: &str, lease: u64, timeout: u64, expected: Option<InboxBuildError>) {
        let inbox = Inbox::builder(project, MemoryStore::new(1))
            .lease(Duration::from_millis(lease))
            .store_timeout(Duration::from_millis(timeout))
            .build();
        assert_eq!(inbox.err(), expected);
    }

    #[test]
    fn limits() {
        check("shop", 60_000, 5_000, None);
        check("магазин: \"1\"", 10_000, 5_000, None);
        check("", 60_000, 5_000, Some(InboxBuildError::Project));
        check("a\0b", 60_000, 5_000, Some(InboxBuildError::Project));
        check(
            &"a".repeat(129),
            60_000,
            5_000,
            Some(InboxBuildError::Project),
        );
        check("shop", 9_999, 5_000, Some(InboxBuildError::Lease));
        check("shop", 86_400_001, 5_000, Some(InboxBuildError::Lease));
        check("shop", 60_000, 0, Some(InboxBuildError::StoreTimeout));
    }
}
