use std::collections::HashMap;

use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};

/// What the server must be known to keep, or the store refuses to start.
///
/// What cannot be found out, for instance because the server denies `CONFIG`, counts as not kept.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Durability {
    /// What was written before a response survives a crash of the server's machine: an append-only
    /// file with `appendfsync always`, and no eviction. The default.
    #[default]
    Always,
    /// What was written up to two seconds before survives: an append-only file with `appendfsync
    /// everysec`, and no eviction. **A crash may lose payments that are held for review, and resends
    /// of payments that were handled last are credited again.**
    EverySecond,
    /// Nothing is required. **A restart may lose all payments, and an eviction any of them.**
    Unchecked,
}

impl Durability {
    /// Compares with what the server says; an error names the setting to change.
    pub(crate) fn check(self, settings: &Settings) -> Result<(), StoreError> {
        let weakness = settings.weakness(self == Self::EverySecond);
        match (self, weakness) {
            (_, None) => Ok(()),
            (Self::Unchecked, Some(weakness)) => {
                tracing::warn!("redis may lose payments: {weakness}");
                Ok(())
            }
            (_, Some(weakness)) => Err(StoreError::new(StoreErrorKind::NotDurable, weakness)),
        }
    }
}

/// The settings on which durability depends. What is unknown is missing.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    info: HashMap<String, String>,
    appendfsync: Option<String>,
}

impl Settings {
    /// From the responses to `INFO`, `CLUSTER INFO` and `CONFIG GET appendfsync`, if the server gave
    /// them.
    pub(crate) fn new(info: [Option<String>; 2], config: Option<HashMap<String, String>>) -> Self {
        let lines = info.iter().flatten().flat_map(|text| text.lines());
        let pairs = lines.filter_map(|line| line.trim().split_once(':'));
        Self {
            info: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            appendfsync: config.and_then(|mut config| config.remove("appendfsync")),
        }
    }

    /// Whether the server takes no writes, because it copies another one.
    pub(crate) fn is_replica(&self) -> bool {
        self.info("role") == Some("slave")
    }

    /// Whether other nodes of a cluster have a part of the keys.
    pub(crate) fn is_one_of_many(&self) -> bool {
        !matches!(self.info("cluster_size"), None | Some("0" | "1"))
    }

    fn weakness(&self, is_every_second_enough: bool) -> Option<&'static str> {
        match self.info("maxmemory_policy") {
            Some("noeviction") => {}
            Some(_) => return Some("maxmemory-policy is not noeviction"),
            None => return Some("maxmemory-policy is unknown: the server denies INFO"),
        }
        match self.info("aof_enabled") {
            Some("1") => {}
            Some(_) => return Some("appendonly is not yes"),
            None => return Some("appendonly is unknown: the server denies INFO"),
        }
        match self.appendfsync.as_deref() {
            Some("always") => None,
            Some("everysec") if is_every_second_enough => None,
            Some("everysec") => Some("appendfsync is everysec, not always"),
            Some(_) => Some("appendfsync is neither always nor everysec"),
            None => Some("appendfsync is unknown: the server denies CONFIG GET"),
        }
    }

    fn info(&self, name: &str) -> Option<&str> {
        self.info.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[track_caller]
    fn check(
        required: Durability,
        info: Option<&str>,
        fsync: Option<&str>,
        expected: Option<&str>,
    ) {
        let config = fsync.map(|value| [("appendfsync".to_owned(), value.to_owned())].into());
        let result = required.check(&Settings::new([info.map(Into::into), None], config));
        let weakness = result.err().map(|error| {
            assert_eq!(error.kind(), StoreErrorKind::NotDurable);
            error.source().map(ToString::to_string).unwrap_or_default()
        });
        assert_eq!(weakness.as_deref(), expected);
    }

    #[test]
    fn what_is_unknown_is_not_durable() {
        use Durability::{Always, EverySecond, Unchecked};

        const GOOD: Option<&str> = Some("maxmemory_policy:noeviction\r\naof_enabled:1\r\n");
        let policy = Some("maxmemory-policy is unknown: the server denies INFO");
        let fsync = Some("appendfsync is unknown: the server denies CONFIG GET");

        check(Always, GOOD, Some("always"), None);
        check(EverySecond, GOOD, Some("always"), None);
        check(EverySecond, GOOD, Some("everysec"), None);
        check(
            Always,
            GOOD,
            Some("everysec"),
            Some("appendfsync is everysec, not always"),
        );
        let neither = Some("appendfsync is neither always nor everysec");
        check(EverySecond, GOOD, Some("no"), neither);
        check(Always, GOOD, None, fsync);
        check(EverySecond, GOOD, None, fsync);
        check(Always, None, Some("always"), policy);
        let evicting = Some("maxmemory_policy:volatile-ttl\r\naof_enabled:1\r\n");
        let evicts = Some("maxmemory-policy is not noeviction");
        check(Always, evicting, Some("always"), evicts);
        let off = Some("maxmemory_policy:noeviction\r\naof_enabled:0\r\n");
        check(
            EverySecond,
            off,
            Some("always"),
            Some("appendonly is not yes"),
        );
        for info in [GOOD, None, evicting, off] {
            check(Unchecked, info, None, None);
        }
    }
}
