//! What a recorder sees of calls, and that the documented table says the same.

use std::time::Duration;

use cryptocloud_postback_api::{
    Confirmer,
    core::metrics::MetricKind,
    metrics::{METRICS, describe},
};
use cryptocloud_postback_mimic::{Fault, KEY, Mimic};
use metrics_util::{
    MetricKind as Measured,
    debugging::{DebugValue, DebuggingRecorder},
};

use crate::{TestResult, builder, ids, postback, verified};

/// What was measured since the last call: name, labels and value.
fn measured(recorder: &DebuggingRecorder) -> Vec<(Measured, String, DebugValue)> {
    let snapshot = recorder.snapshotter().snapshot().into_vec();
    let own = snapshot.into_iter().filter(|it| {
        let name = it.0.key().name();
        name.starts_with("cryptocloud_postback_api_")
    });
    let keys = own.map(|(key, unit, text, value)| {
        assert!(unit.is_some() && text.is_some(), "{key:?} is not described");
        let (kind, key) = key.into_parts();
        let labels = key
            .labels()
            .map(|it| format!(" {}={}", it.key(), it.value()));
        (
            kind,
            key.name().to_owned() + &labels.collect::<String>(),
            value,
        )
    });
    keys.collect()
}

#[tokio::test]
async fn the_list_is_what_is_measured_and_documented() -> TestResult {
    let recorder = DebuggingRecorder::new();
    let _guard = metrics::set_default_local_recorder(&recorder);
    describe();
    let server = Mimic::start().await?;
    let api = builder(&server).build()?;
    api.invoices(&ids(["UNLIKELY"])).await?;
    let confirmer = Confirmer::builder(api.clone()).build();
    server.fail_always(Fault::status(401));
    for _ in 0..7 {
        assert!(
            confirmer
                .confirm(&verified(&postback("UNLIKELY")))
                .await
                .is_err()
        );
    }
    let measured = measured(&recorder);
    let path = "path=/v2/invoice/merchant/info";
    let value = |text: &str| measured.iter().find(|it| it.1 == text).map(|it| &it.2);
    let calls = |outcome| {
        value(&format!(
            "cryptocloud_postback_api_calls_total {path} outcome={outcome}"
        ))
    };
    assert_eq!(calls("Ok"), Some(&DebugValue::Counter(1)));
    assert_eq!(calls("Unauthorized"), Some(&DebugValue::Counter(5)));
    let open = value("cryptocloud_postback_api_circuits_open");
    assert_eq!(open, Some(&DebugValue::Gauge(1.0.into())));
    match value(&format!("cryptocloud_postback_api_call_seconds {path}")) {
        Some(DebugValue::Histogram(times)) => assert_eq!(times.len(), 6),
        other => return Err(format!("{other:?}").into()),
    }

    let docs = include_str!("../../src/metrics.rs");
    for metric in METRICS {
        let mut found = measured
            .iter()
            .filter(|it| it.1.split(' ').next() == Some(metric.name));
        let (kind, text, _) = found.next().ok_or(metric.name)?;
        let expected = match metric.kind {
            MetricKind::Counter => Measured::Counter,
            MetricKind::Histogram => Measured::Histogram,
            _ => Measured::Gauge,
        };
        assert_eq!(*kind, expected, "{text}");
        let keys = text.split([' ', '=']).skip(1).step_by(2);
        assert_eq!(keys.collect::<Vec<_>>(), metric.labels, "{text}");
        let unit = if metric.name.ends_with("_seconds") {
            "seconds "
        } else {
            ""
        };
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let labels = labels.join(", ") + if labels.is_empty() { "" } else { " " };
        let kind = format!("{:?}", metric.kind).to_lowercase();
        let row = format!("//! | `{}` | {kind} | {unit}| {labels}|", metric.name);
        assert!(docs.contains(&row), "the table lacks {row}");
    }
    let listed = |name: &str| {
        METRICS
            .iter()
            .any(|metric| name.split(' ').next() == Some(metric.name))
    };
    for (_, text, _) in &measured {
        assert!(listed(text), "{text} is not listed");
        assert!(!text.contains("UNLIKELY") && !text.contains(KEY), "{text}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_circuit_counts_while_it_is_open() -> TestResult {
    let recorder = DebuggingRecorder::new();
    let _guard = metrics::set_default_local_recorder(&recorder);
    describe();
    // A snapshot sets gauges to 0, so each shows what has changed since the one before.
    let change = || {
        let measured = measured(&recorder);
        let found = measured
            .into_iter()
            .find(|it| it.1 == "cryptocloud_postback_api_circuits_open");
        found.map(|it| it.2)
    };
    let gauge = |value: f64| Some(DebugValue::Gauge(value.into()));
    let server = Mimic::start().await?;
    let confirmer = Confirmer::builder(builder(&server).build()?).build();
    let ask = async || confirmer.confirm(&verified(&postback("A"))).await.is_ok();
    server.fail_always(Fault::status(401));
    for _ in 0..5 {
        assert_eq!(change(), None);
        assert!(!ask().await);
    }
    assert_eq!(change(), gauge(1.0));
    // It stays open, and is counted once.
    tokio::time::advance(Duration::from_secs(30)).await;
    assert!(!ask().await);
    assert_eq!(change(), gauge(0.0));
    // A confirmer that is dropped is not open any more.
    drop(confirmer);
    assert_eq!(change(), gauge(-1.0));
    Ok(())
}
