//! What is measured, for the recorder of the crate [`metrics`](https://docs.rs/metrics).
//!
//! | name | type | unit | labels | what |
//! |---|---|---|---|---|
//! | `cryptocloud_postback_projects_refused_total` | counter | | `reason` | requests that [`ProjectLookup`](crate::ProjectLookup) refused; `reason` is `unknown` if there is no such project, `unavailable` if the source of projects could not tell, and `route` if the route has no parameter `project` |
//! | `cryptocloud_postback_projects_file_in_use` | gauge | | | 1 if the file of projects is in use as it is, 0 if it cannot be read or used, and its last good state is |
//! | `cryptocloud_postback_projects_known` | gauge | | `project` | 1 if the project is in the file, 0 if it was removed from it while its inbox goes on |
//!
//! The gauges are those of `FileProjects`.
//! No label has a name that a sender chose.
//!
//! Install a recorder before the projects are opened, and call [`describe`] then.

use ::metrics::counter;
#[cfg(feature = "file")]
use ::metrics::gauge;
use cryptocloud_postback::metrics::{Metric, MetricKind};

/// The metrics of this crate.
pub const METRICS: &[Metric] = &[
    Metric::new(
        REFUSED,
        MetricKind::Counter,
        &["reason"],
        "Requests for which there was no project, by reason.",
    ),
    Metric::new(
        FILE_IN_USE,
        MetricKind::Gauge,
        &[],
        "1 if the file of projects is in use as it is, else 0.",
    ),
    Metric::new(
        KNOWN,
        MetricKind::Gauge,
        &["project"],
        "1 if the project is in the file, 0 if it was removed.",
    ),
];

/// Gives the recorder the texts of [`METRICS`]. Call it once, after the recorder was installed.
pub fn describe() {
    METRICS.iter().for_each(Metric::describe);
}

/// Counts a request that was refused.
pub(crate) fn refused(reason: &'static str) {
    counter!(REFUSED, "reason" => reason).increment(1);
}

/// An increase from nothing to 1 is none for Prometheus.
pub(crate) fn begin(reasons: &[&'static str]) {
    for reason in reasons {
        counter!(REFUSED, "reason" => *reason).increment(0);
    }
}

#[cfg(feature = "file")]
pub(crate) fn file_in_use(is_in_use: bool) {
    gauge!(FILE_IN_USE).set(u8::from(is_in_use));
}

#[cfg(feature = "file")]
pub(crate) fn known(project: &str, is_known: bool) {
    gauge!(KNOWN, "project" => project.to_owned()).set(u8::from(is_known));
}

const FILE_IN_USE: &str = "cryptocloud_postback_projects_file_in_use";
const KNOWN: &str = "cryptocloud_postback_projects_known";
const REFUSED: &str = "cryptocloud_postback_projects_refused_total";
