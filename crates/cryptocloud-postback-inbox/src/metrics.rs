//! What is measured, for the recorder of the crate [`metrics`](https://docs.rs/metrics).
//!
//! | name | type | unit | labels | what |
//! |---|---|---|---|---|
//! | `cryptocloud_postback_inbox_response_seconds` | histogram | seconds | `project`, `status` | from the head of a request to the response of [`Inbox::receive`](crate::Inbox::receive) |
//! | `cryptocloud_postback_inbox_lost_total` | counter | | `project` | postbacks that were not stored; the log has each as a [`LostReport`](crate::LostReport) |
//! | `cryptocloud_postback_inbox_conflicts_total` | counter | | `project` | reports that became a conflict |
//! | `cryptocloud_postback_inbox_held_total` | counter | | `project`, `kind` | reports that were held for review, by [`HoldKind`](crate::HoldKind) |
//! | `cryptocloud_postback_inbox_attempts_total` | counter | | `project`, `outcome` | attempts; `outcome` is `done`, `failed`, `held`, `postponed` or, if the report stays leased, `unsettled` |
//! | `cryptocloud_postback_inbox_attempt_seconds` | histogram | seconds | `project` | one attempt, with confirmation and handler |
//! | `cryptocloud_postback_inbox_lag_seconds` | histogram | seconds | `project` | how long a report had been due when a worker claimed it: since it was stored, or since the delay after a failure or the lease of another worker ended |
//! | `cryptocloud_postback_inbox_reconciled_total` | counter | | `project` | payments that reconciliation has found and stored |
//! | `cryptocloud_postback_inbox_purged_total` | counter | | `project` | settled payments that the retention has cleared |
//! | `cryptocloud_postback_inbox_reports` | gauge | | `project`, `state` | reports that need work, by [`State`](crate::State) |
//! | `cryptocloud_postback_inbox_oldest_unfinished_seconds` | gauge | seconds | `project` | how long ago the oldest unfinished report was received; 0 if there is none |
//! | `cryptocloud_postback_inbox_store_up` | gauge | | `project` | 1 if the gauges above could be read, else 0, and they are old |
//!
//! `project` is the inbox's. No label has an id, or anything else that a sender wrote.
//!
//! The gauges are read by the [worker](crate::Inbox::run) every 15 s, so a process without workers
//! has none. Processes that share a store measure the same, so take their maximum, not their sum.
//!
//! Install a recorder before the inbox is started, and call [`describe`] then.
//! The core's module of the same name has the buckets and the metrics of the verification.

use cryptocloud_postback::metrics::{Metric, MetricKind};

/// The metrics of this crate.
pub const METRICS: &[Metric] = &[
    Metric::new(
        name::RESPONSE_SECONDS,
        MetricKind::Histogram,
        &["project", "status"],
        "From the head of a request to the response.",
    ),
    Metric::new(
        name::LOST,
        MetricKind::Counter,
        &["project"],
        "Postbacks that were not stored.",
    ),
    Metric::new(
        name::CONFLICTS,
        MetricKind::Counter,
        &["project"],
        "Reports that became a conflict.",
    ),
    Metric::new(
        name::HELD,
        MetricKind::Counter,
        &["project", "kind"],
        "Reports that were held for review.",
    ),
    Metric::new(
        name::ATTEMPTS,
        MetricKind::Counter,
        &["project", "outcome"],
        "Attempts, by outcome.",
    ),
    Metric::new(
        name::ATTEMPT_SECONDS,
        MetricKind::Histogram,
        &["project"],
        "One attempt, with confirmation and handler.",
    ),
    Metric::new(
        name::LAG_SECONDS,
        MetricKind::Histogram,
        &["project"],
        "How long a report had been due when a worker claimed it.",
    ),
    Metric::new(
        name::RECONCILED,
        MetricKind::Counter,
        &["project"],
        "Payments that reconciliation has found and stored.",
    ),
    Metric::new(
        name::PURGED,
        MetricKind::Counter,
        &["project"],
        "Settled payments that the retention has cleared.",
    ),
    Metric::new(
        name::REPORTS,
        MetricKind::Gauge,
        &["project", "state"],
        "Reports that need work, by state.",
    ),
    Metric::new(
        name::OLDEST_SECONDS,
        MetricKind::Gauge,
        &["project"],
        "How long ago the oldest unfinished report was received.",
    ),
    Metric::new(
        name::STORE_UP,
        MetricKind::Gauge,
        &["project"],
        "1 if the store's numbers could be read, else 0.",
    ),
];

/// Gives the recorder the texts of [`METRICS`] and of the
/// [core's](cryptocloud_postback::metrics::METRICS). Call it once, after the recorder was installed.
pub fn describe() {
    cryptocloud_postback::metrics::describe();
    METRICS.iter().for_each(Metric::describe);
}

pub(crate) mod name {
    pub(crate) const ATTEMPTS: &str = "cryptocloud_postback_inbox_attempts_total";
    pub(crate) const ATTEMPT_SECONDS: &str = "cryptocloud_postback_inbox_attempt_seconds";
    pub(crate) const CONFLICTS: &str = "cryptocloud_postback_inbox_conflicts_total";
    pub(crate) const HELD: &str = "cryptocloud_postback_inbox_held_total";
    pub(crate) const LAG_SECONDS: &str = "cryptocloud_postback_inbox_lag_seconds";
    pub(crate) const LOST: &str = "cryptocloud_postback_inbox_lost_total";
    pub(crate) const OLDEST_SECONDS: &str = "cryptocloud_postback_inbox_oldest_unfinished_seconds";
    pub(crate) const PURGED: &str = "cryptocloud_postback_inbox_purged_total";
    pub(crate) const RECONCILED: &str = "cryptocloud_postback_inbox_reconciled_total";
    pub(crate) const REPORTS: &str = "cryptocloud_postback_inbox_reports";
    pub(crate) const RESPONSE_SECONDS: &str = "cryptocloud_postback_inbox_response_seconds";
    pub(crate) const STORE_UP: &str = "cryptocloud_postback_inbox_store_up";
}
