//! What is measured, for the recorder of the crate [`metrics`](https://docs.rs/metrics).
//!
//! | name | type | unit | labels | what |
//! |---|---|---|---|---|
//! | `cryptocloud_postback_api_calls_total` | counter | | `path`, `outcome` | calls of the API, each with all its retries; `outcome` is `Ok` or the [`ApiErrorKind`](crate::ApiErrorKind) |
//! | `cryptocloud_postback_api_call_seconds` | histogram | seconds | `path` | one call with all its retries |
//! | `cryptocloud_postback_api_circuits_open` | gauge | | | [`Confirmer`](crate::Confirmer)s that have stopped asking for a while, because nothing works |
//!
//! `path` is one of the API's, such as `/v2/invoice/create`. No label has an id, a key, or anything
//! else that the vendor or a sender wrote.
//!
//! Install a recorder before the first call, and call [`describe`] then.
//! The core's module of the same name has the buckets.
//! What reconciliation finds is measured by the inbox.

use std::time::Duration;

use ::metrics::{counter, gauge, histogram};
use cryptocloud_postback::metrics::{Metric, MetricKind};

use crate::ApiError;

/// The metrics of this crate.
pub const METRICS: &[Metric] = &[
    Metric::new(
        CALLS,
        MetricKind::Counter,
        &["path", "outcome"],
        "Calls to the vendor's API, by outcome.",
    ),
    Metric::new(
        CALL_SECONDS,
        MetricKind::Histogram,
        &["path"],
        "One call to the vendor's API, with all its retries.",
    ),
    Metric::new(
        CIRCUITS_OPEN,
        MetricKind::Gauge,
        &[],
        "Confirmers that have stopped asking for a while.",
    ),
];

/// Gives the recorder the texts of [`METRICS`]. Call it once, after the recorder was installed.
pub fn describe() {
    METRICS.iter().for_each(Metric::describe);
}

pub(crate) fn called<T>(path: &'static str, result: &Result<T, ApiError>, took: Duration) {
    let outcome = match result {
        Ok(_) => "Ok".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    };
    counter!(CALLS, "path" => path, "outcome" => outcome).increment(1);
    histogram!(CALL_SECONDS, "path" => path).record(took);
}

/// A circuit that is open, until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenCircuit(());

impl OpenCircuit {
    pub(crate) fn new() -> Self {
        gauge!(CIRCUITS_OPEN).increment(1);
        Self(())
    }
}

impl Drop for OpenCircuit {
    fn drop(&mut self) {
        gauge!(CIRCUITS_OPEN).decrement(1);
    }
}

const CALLS: &str = "cryptocloud_postback_api_calls_total";
const CALL_SECONDS: &str = "cryptocloud_postback_api_call_seconds";
const CIRCUITS_OPEN: &str = "cryptocloud_postback_api_circuits_open";
