//! What a recorder sees of an inbox, and that the documented table says the same.

use std::time::Duration;

use cryptocloud_postback::{
    InvoiceId, SecretKey, Verifier, metrics::MetricKind, testing::PostbackBuilder,
};
use cryptocloud_postback_inbox::{
    Fields, Identity, IdentityPolicy, Inbox, Mode, Report, StoreErrorKind, metrics::METRICS,
};
use metrics::LocalRecorderGuard;
use metrics_util::{
    MetricKind as Measured,
    debugging::{DebugValue, DebuggingRecorder, Snapshotter},
};
use tokio::time::sleep;

use crate::{Clock, Result, SECRET, Shop, faulty::Fault, postback, send};

/// A recorder of this thread.
fn install() -> (Snapshotter, LocalRecorderGuard<'static>) {
    let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
    (
        recorder.snapshotter(),
        metrics::set_default_local_recorder(recorder),
    )
}

/// What was measured of the inbox since the last call: name, labels and value.
fn measured(snapshotter: &Snapshotter) -> Vec<(Measured, String, String)> {
    let mut measured = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let (kind, key) = key.into_parts();
        let Some(name) = key.name().strip_prefix("cryptocloud_postback_inbox_") else {
            continue;
        };
        let labels = key.labels();
        let labels: Vec<_> = labels
            .map(|it| format!("{}={}", it.key(), it.value()))
            .collect();
        let value = match value {
            DebugValue::Counter(value) => value.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => format!("{} times", values.len()),
        };
        measured.push((kind, format!("{name} {}", labels.join(" ")), value));
    }
    measured.sort_by(|one, other| one.1.cmp(&other.1));
    measured
}

#[track_caller]
fn assert_has(measured: &[(Measured, String, String)], text: &str, value: &str) {
    let found: Vec<_> = measured.iter().filter(|it| it.1 == text).collect();
    assert!(
        matches!(&found[..], [it] if it.2 == value),
        "{text} {value}: {measured:#?}"
    );
}

/// Makes the inbox measure everything that it can.
async fn everything() -> Result {
    let (shop, clock) = (Shop::default(), Clock::new());
    let store = clock.store();
    let inbox = Inbox::builder("shop", store.clone(), shop).build()?;
    for (invoice, order, status) in [
        ("DONE", "ORDER_1", 200),
        ("HELD", "hold", 200),
        ("FAILED", "fail", 503),
        ("WAITS", "postpone", 503),
    ] {
        assert_eq!(send(&inbox, invoice, order).await?, status);
    }
    assert_eq!(send(&inbox, "DONE", "ORDER_2").await?, 409);
    assert_eq!(send(&inbox, "DONE", "ORDER_2").await?, 409);
    // It was stored, but is not known as done.
    store.fail("fail", Fault::Before(StoreErrorKind::Unavailable));
    assert_eq!(send(&inbox, "LEASED", "fail").await?, 503);
    store.fail("receive", Fault::Before(StoreErrorKind::Unavailable));
    assert_eq!(send(&inbox, "LOST", "ORDER_1").await?, 503);
    store.repair();

    let identity = Identity::new("shop", InvoiceId::parse("FOUND")?);
    inbox
        .reconcile(&Report::reconciled(identity, Fields::default()), |_| None)
        .await?;
    clock.add(Duration::from_secs(3));
    assert_eq!(inbox.run_once().await?, 3);
    clock.add(Duration::from_secs(401 * 86_400));
    assert_eq!(inbox.purge().await?, 3);
    assert_eq!(send(&inbox, "USED_UP", "fail").await?, 503);
    clock.add(Duration::from_secs(8 * 86_400));
    inbox.run_once().await?;

    let unidentified = Inbox::builder("shop", store, Shop::default())
        .identity_policy(IdentityPolicy::InvoiceAndTransactions)
        .start()
        .await?;
    let form = PostbackBuilder::new(SECRET).form();
    let form = Verifier::new(SecretKey::new(SECRET)?)?.verify(form.head(), form.body())?;
    assert_eq!(unidentified.receive(&form).await.status(), 200);
    sleep(Duration::from_secs(1)).await;
    unidentified.drain(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn everything_is_measured() -> Result {
    let (snapshotter, _guard) = install();
    everything().await?;
    let measured = measured(&snapshotter);
    let has = |text: &str, value: &str| assert_has(&measured, text, value);
    has("response_seconds project=shop status=200", "3 times");
    has("response_seconds project=shop status=409", "2 times");
    has("response_seconds project=shop status=503", "5 times");
    has("lost_total project=shop", "1");
    has("conflicts_total project=shop", "1");
    has("held_total project=shop kind=Handler", "1");
    has("held_total project=shop kind=AttemptsUsedUp", "1");
    has("held_total project=shop kind=Unidentified", "1");
    has("attempts_total project=shop outcome=held", "1");
    has("attempts_total project=shop outcome=unsettled", "1");
    has("reconciled_total project=shop", "1");
    has("purged_total project=shop", "3");
    has("store_up project=shop", "1");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_list_is_what_is_measured_and_documented() -> Result {
    let (snapshotter, _guard) = install();
    cryptocloud_postback_inbox::metrics::describe();
    everything().await?;
    for (key, unit, text, _) in snapshotter.snapshot().into_vec() {
        assert!(unit.is_some() && text.is_some(), "{key:?}");
    }
    everything().await?;
    let docs = include_str!("../../src/metrics.rs");
    let mut names = Vec::new();
    for (kind, text, _) in measured(&snapshotter) {
        let (name, labels) = text.split_once(' ').ok_or("labels")?;
        let name = format!("cryptocloud_postback_inbox_{name}");
        let listed = METRICS
            .iter()
            .find(|metric| metric.name == name)
            .ok_or(text.clone())?;
        let listed_kind = match listed.kind {
            MetricKind::Counter => Measured::Counter,
            MetricKind::Histogram => Measured::Histogram,
            _ => Measured::Gauge,
        };
        assert_eq!(kind, listed_kind, "{name}");
        let keys = labels.split(' ').filter_map(|label| label.split_once('='));
        let keys: Vec<_> = keys.map(|(key, _)| key).collect();
        assert_eq!(keys, listed.labels, "{name}");
        names.push(name);
    }
    for metric in METRICS {
        assert!(
            names.iter().any(|name| name == metric.name),
            "{} is never measured",
            metric.name
        );
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
        let kind = format!("{:?}", metric.kind).to_lowercase();
        let row = format!(
            "//! | `{}` | {kind} | {unit}| {} |",
            metric.name,
            labels.join(", ")
        );
        assert!(docs.contains(&row), "the table lacks {row}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_worker_reads_the_store_every_15_seconds() -> Result {
    let (snapshotter, _guard) = install();
    let (shop, clock) = (Shop::default(), Clock::new());
    let store = clock.store();
    let inbox = Inbox::builder("shop", store.clone(), shop)
        .mode(Mode::StoreFirst)
        .workers(1)
        .start()
        .await?;
    send(&inbox, "HELD", "hold").await?;
    send(&inbox, "RUNS", "hang").await?;
    send(&inbox, "WAITS", "ORDER_1").await?;
    sleep(Duration::from_secs(1)).await;
    clock.add(Duration::from_secs(100));
    sleep(Duration::from_secs(20)).await;
    let first = measured(&snapshotter);
    assert_has(&first, "reports project=shop state=held", "1");
    assert_has(&first, "reports project=shop state=conflict", "0");
    assert_has(&first, "store_up project=shop", "1");
    let oldest = first
        .iter()
        .find(|it| it.1.starts_with("oldest_unfinished_seconds"));
    let oldest: f64 = oldest.ok_or("the age")?.2.parse()?;
    assert!((100.0..200.0).contains(&oldest), "{oldest}");

    // A snapshot sets gauges to 0, so each fault begins after the next measurement.
    let up = async || sleep(Duration::from_secs(60)).await;
    up().await;
    let down = Fault::Before(StoreErrorKind::Unavailable);
    for fault in [down, Fault::Hangs, Fault::Panics] {
        store.fail("counts", fault);
        sleep(Duration::from_secs(60)).await;
        assert_has(&measured(&snapshotter), "store_up project=shop", "0");
        store.repair();
        up().await;
    }
    assert_has(&measured(&snapshotter), "store_up project=shop", "1");
    inbox.drain(Duration::ZERO).await;
    Ok(())
}

/// What had to wait is not late before its delay is over.
#[tokio::test(start_paused = true)]
async fn the_lag_of_a_worker_begins_when_a_report_is_due() -> Result {
    let (snapshotter, _guard) = install();
    let (shop, clock) = (Shop::default(), Clock::new());
    let inbox = Inbox::builder("shop", clock.store(), shop).build()?;
    let lags = || {
        let all = snapshotter.snapshot().into_vec().into_iter();
        let lags = all.filter_map(|(key, _, _, value)| match value {
            DebugValue::Histogram(lags) if key.key().name().ends_with("lag_seconds") => Some(lags),
            _ => None,
        });
        let mut lags: Vec<f64> = lags.flatten().map(f64::from).collect();
        lags.sort_by(f64::total_cmp);
        lags
    };
    // It is postponed for a second, and again.
    assert_eq!(send(&inbox, "WAITS", "postpone").await?, 503);
    assert!(lags().is_empty());
    let identity = Identity::new("shop", InvoiceId::parse("FOUND")?);
    let found = Report::reconciled(identity, Fields::default());
    inbox.reconcile(&found, |_| None).await?;
    clock.add(Duration::from_secs(11));
    assert_eq!(inbox.run_once().await?, 2);
    assert_eq!(lags(), [10.0, 11.0]);
    clock.add(Duration::from_secs(5));
    assert_eq!(inbox.run_once().await?, 1);
    assert_eq!(lags(), [4.0]);
    Ok(())
}

/// An increase from nothing to 1 is none for Prometheus.
#[tokio::test]
async fn what_is_alerted_on_is_there_from_the_start() -> Result {
    let (snapshotter, _guard) = install();
    let _inbox = Shop::default().builder().build()?;
    let measured = measured(&snapshotter);
    assert_has(&measured, "conflicts_total project=shop", "0");
    assert_has(&measured, "lost_total project=shop", "0");
    Ok(())
}

/// Labels have values of ours only.
#[tokio::test(start_paused = true)]
async fn nothing_that_a_sender_wrote_is_a_label() -> Result {
    let (snapshotter, _guard) = install();
    let inbox = Shop::default().builder().build()?;
    let paid = postback("UNLIKELY_INVOICE", "UNLIKELY_ORDER")?;
    assert_eq!(inbox.receive(&paid).await.status(), 200);
    let all = format!("{:?}", snapshotter.snapshot().into_vec());
    assert!(all.contains("cryptocloud_postback_inbox_attempts_total"));
    for text in ["UNLIKELY", SECRET, "eyJ"] {
        assert!(!all.contains(text), "{text}");
    }
    Ok(())
}
