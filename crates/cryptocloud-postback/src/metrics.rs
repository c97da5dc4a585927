//! What is measured, for the recorder of the crate [`metrics`](https://docs.rs/metrics).
//!
//! | name | type | unit | labels | what |
//! |---|---|---|---|---|
//! | `cryptocloud_postback_received_total` | counter | | `project`, `outcome`, `kind` | postbacks; `outcome` is `accepted` or `refused`, and `kind` is the [`ErrorKind`] of a refused one, else empty |
//! | `cryptocloud_postback_receive_seconds` | histogram | seconds | `project`, `outcome` | from the head of the request to the outcome, the wait for the body included |
//! | `cryptocloud_postback_verify_seconds` | histogram | seconds | `project` | the verification of a body |
//! | `cryptocloud_postback_last_accepted_timestamp_seconds` | gauge | seconds | `project` | when the last postback was accepted, in seconds since 1970; 0 if none was |
//!
//! `project` is the [name of the verifier](crate::VerifierBuilder::project), and empty if it has none
//! or is not known yet.
//! No label has an id, or anything else that a sender wrote.
//!
//! Install a recorder before the verifier is built, such as that of `metrics-exporter-prometheus`, and
//! call [`describe`] then.
//! What an alert is about is there at 0 before the first postback: an increase from nothing to 1 is
//! none for Prometheus.
//! Give the histograms buckets that fit, or the exporter makes summaries of them, which cannot be
//! added up over processes. [`SECONDS`] fits.

use std::time::Duration;

use ::metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::{ErrorKind, UnixTime};

/// The metrics of this crate.
pub const METRICS: &[Metric] = &[RECEIVED, RECEIVE_SECONDS, VERIFY_SECONDS, LAST_ACCEPTED];

/// Upper bounds of buckets for all histograms of this family of crates, in seconds.
pub const SECONDS: &[f64] = &[
    0.000_01, 0.000_1, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0,
    3_600.0, 86_400.0,
];

/// Gives the recorder the texts of [`METRICS`], and begins to count what happens without a verifier.
/// Call it once, after the recorder was installed.
pub fn describe() {
    METRICS.iter().for_each(Metric::describe);
    for kind in [ErrorKind::VerifierAmbiguous, ErrorKind::VerifierMissing] {
        count("", Some(kind), 0);
    }
}

/// What is known of a metric before it is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// The name, as Prometheus wants it.
    pub name: &'static str,
    /// The type.
    pub kind: MetricKind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it measures.
    pub help: &'static str,
}

impl Metric {
    /// A metric with these properties.
    #[must_use]
    pub const fn new(
        name: &'static str,
        kind: MetricKind,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            labels,
            help,
        }
    }

    /// Gives the recorder the text and the unit.
    pub fn describe(&self) {
        let unit = if self.name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        match self.kind {
            MetricKind::Counter => describe_counter!(self.name, unit, self.help),
            MetricKind::Gauge => describe_gauge!(self.name, unit, self.help),
            MetricKind::Histogram => describe_histogram!(self.name, unit, self.help),
        }
    }
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It grows and shrinks.
    Gauge,
    /// It counts values in buckets.
    Histogram,
}

/// Begins the metrics of a verifier.
pub(crate) fn begin(project: Option<&str>) {
    let project = project.unwrap_or_default();
    gauge!(LAST_ACCEPTED.name, "project" => project.to_owned()).increment(0);
    for kind in [ErrorKind::ClockBeforeEpoch, ErrorKind::TokenSignature] {
        count(project, Some(kind), 0);
    }
}

pub(crate) fn received(project: Option<&str>, kind: Option<ErrorKind>, took: Duration) {
    let project = project.unwrap_or_default();
    if kind.is_none()
        && let Ok(now) = UnixTime::now()
    {
        #[expect(clippy::cast_precision_loss, reason = "exact for millions of years")]
        gauge!(LAST_ACCEPTED.name, "project" => project.to_owned()).set(now.as_secs() as f64);
    }
    let (project_label, outcome) = (project.to_owned(), outcome(kind));
    histogram!(RECEIVE_SECONDS.name, "project" => project_label, "outcome" => outcome).record(took);
    count(project, kind, 1);
}

fn count(project: &str, kind: Option<ErrorKind>, number: u64) {
    let outcome = outcome(kind);
    let kind = kind.map(|kind| format!("{kind:?}")).unwrap_or_default();
    counter!(RECEIVED.name, "project" => project.to_owned(), "outcome" => outcome, "kind" => kind)
        .increment(number);
}

fn outcome(kind: Option<ErrorKind>) -> &'static str {
    if kind.is_some() {
        "refused"
    } else {
        "accepted"
    }
}

pub(crate) fn verified(project: Option<&str>, took: Duration) {
    let project = project.unwrap_or_default().to_owned();
    histogram!(VERIFY_SECONDS.name, "project" => project).record(took);
}

const RECEIVED: Metric = Metric::new(
    "cryptocloud_postback_received_total",
    MetricKind::Counter,
    &["project", "outcome", "kind"],
    "Postbacks, by outcome and by what was wrong.",
);
const RECEIVE_SECONDS: Metric = Metric::new(
    "cryptocloud_postback_receive_seconds",
    MetricKind::Histogram,
    &["project", "outcome"],
    "From the head of the request to the outcome.",
);
const VERIFY_SECONDS: Metric = Metric::new(
    "cryptocloud_postback_verify_seconds",
    MetricKind::Histogram,
    &["project"],
    "The verification of a body.",
);
const LAST_ACCEPTED: Metric = Metric::new(
    "cryptocloud_postback_last_accepted_timestamp_seconds",
    MetricKind::Gauge,
    &["project"],
    "When the last postback was accepted, in seconds since 1970.",
);
