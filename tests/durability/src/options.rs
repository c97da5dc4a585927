use std::{fmt, time::Duration};

use cryptocloud_postback_inbox::Limits;
use serde::{Deserialize, Serialize};

/// What a receiver does. It is started with these as JSON, as its only argument.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "only the tests build it")]
pub struct Options {
    /// How many attempts at each payment fail.
    pub fails: u32,
    /// The framework that serves.
    pub framework: Framework,
    /// Whether postbacks are handled by workers only.
    pub is_store_first: bool,
    /// How long a claim lasts. The other limits follow from it.
    pub lease: Duration,
    /// The ledger of stores without a transaction: `sqlite:PATH`.
    pub ledger: String,
    /// The name that it writes beside its effects.
    pub name: String,
    /// Where it sends its spans, if anywhere.
    pub otlp: Option<String>,
    /// The store: `memory:`, `sqlite:PATH`, `postgres://…` or `redis://…`.
    pub store: String,
    /// How long the handler takes after its effect, within the transaction.
    pub work: Duration,
    /// How many payments it retries at a time.
    pub workers: usize,
}

impl Options {
    /// The default limits, with another lease that they are cut to.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        let part = self.lease / 3;
        limits.handler = limits.handler.min(part);
        limits.statement = limits.statement.min(part);
        limits.idle_in_transaction = limits.idle_in_transaction.min(part);
        limits.lock = limits.lock.min(part / 2);
        limits.lease = self.lease;
        limits
    }
}

/// The framework that serves.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[expect(clippy::exhaustive_enums, reason = "only the tests match it")]
pub enum Framework {
    /// actix-web.
    Actix,
    /// axum.
    Axum,
}

impl Framework {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Actix, Self::Axum];
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Actix => "actix",
            Self::Axum => "axum",
        })
    }
}
