//! What a recorder sees of postbacks, and that the documented table says the same.

use cryptocloud_postback::{
    ErrorKind, RequestHead, SecretKey, UnixTime, Verifier,
    metrics::{METRICS, MetricKind, describe},
    testing::{NOW, PostbackBuilder},
};
use metrics::with_local_recorder;
use metrics_util::{
    MetricKind as Measured,
    debugging::{DebugValue, DebuggingRecorder},
};

const SECRET: &str = "not-a-real-key-only-for-these-tests";

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What was measured: name, labels and value.
fn measured(work: impl FnOnce() -> Result) -> Result<Vec<(Measured, String, DebugValue)>> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    with_local_recorder(&recorder, work)?;
    let snapshot = snapshotter.snapshot().into_vec();
    let mut measured = Vec::new();
    for (key, _, _, value) in snapshot {
        let (kind, key) = key.into_parts();
        let labels = key.labels();
        let labels: Vec<_> = labels
            .map(|it| format!("{}={}", it.key(), it.value()))
            .collect();
        measured.push((kind, format!("{} {}", key.name(), labels.join(" ")), value));
    }
    Ok(measured)
}

fn verifier(project: Option<&str>) -> Result<Verifier> {
    let builder = Verifier::builder(SecretKey::new(SECRET)?);
    Ok(match project {
        Some(project) => builder.project(project).build()?,
        None => builder.build()?,
    })
}

fn everything() -> Result {
    let shop = verifier(Some("shop"))?;
    let json = [("content-type", b"application/json".as_slice())];
    let genuine = PostbackBuilder::new(SECRET).at(NOW).invoice_id("INV-ID");
    let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes").at(NOW);
    let head = || shop.check_head("POST", json);

    let _ = shop.verify_at(head()?, genuine.json().body(), NOW)?;
    for _ in 0..2 {
        let refused = shop.verify_at(head()?, forged.json().body(), NOW);
        assert!(refused.is_err_and(|error| error.kind() == ErrorKind::TokenSignature));
    }
    // Before the body, while it is read, with it, and without a project.
    assert!(shop.check_head("PUT", json).is_err());
    let _ = head()?.refuse(ErrorKind::BodyTimeout);
    assert!(head()?.body("INV-ID".into()).is_ok());
    let text = RequestHead::check(
        "POST",
        [("content-type", b"text/plain; charset=utf-16".as_slice())],
    )?;
    assert!(text.body("INV-ID".into()).is_err());
    let _ = verifier(None)?.verify_at(
        RequestHead::check("POST", json)?,
        genuine.json().body(),
        NOW,
    )?;
    Ok(())
}

#[test]
fn each_outcome_is_counted_once() -> Result {
    let counted = |text: &str, value: u64| (format!("received_total {text}"), value);
    let mut expected = [
        counted("project=shop outcome=accepted kind=", 1),
        counted("project=shop outcome=refused kind=TokenSignature", 2),
        counted("project=shop outcome=refused kind=MethodNotAllowed", 1),
        counted("project=shop outcome=refused kind=BodyTimeout", 1),
        counted("project= outcome=refused kind=MediaType", 1),
        counted("project= outcome=accepted kind=", 1),
    ];
    let mut counters = Vec::new();
    for (_, text, value) in measured(everything)? {
        // What is there before it happens is another test's.
        if let DebugValue::Counter(value @ 1..) = value {
            let text = text
                .strip_prefix("cryptocloud_postback_")
                .ok_or("the prefix")?;
            counters.push((text.to_owned(), value));
        }
    }
    expected.sort();
    counters.sort();
    assert_eq!(counters, expected);
    Ok(())
}

/// Prometheus sees no increase from nothing to 1.
#[test]
fn what_alerts_are_about_begins_at_zero() -> Result {
    let fresh = measured(|| {
        describe();
        verifier(Some("shop")).map(drop)
    })?;
    let received = |labels: &str| format!("cryptocloud_postback_received_total {labels}");
    let zero = DebugValue::Counter(0);
    for (text, value) in [
        (
            received("project= outcome=refused kind=VerifierAmbiguous"),
            &zero,
        ),
        (
            received("project= outcome=refused kind=VerifierMissing"),
            &zero,
        ),
        (
            received("project=shop outcome=refused kind=ClockBeforeEpoch"),
            &zero,
        ),
        (
            received("project=shop outcome=refused kind=TokenSignature"),
            &zero,
        ),
        (
            "cryptocloud_postback_last_accepted_timestamp_seconds project=shop".to_owned(),
            &DebugValue::Gauge(0.0.into()),
        ),
    ] {
        let mut found = fresh.iter().filter(|it| it.1 == text);
        assert_eq!(found.next().map(|it| &it.2), Some(value), "{text}");
    }
    assert_eq!(fresh.len(), 5, "{fresh:?}");
    Ok(())
}

#[test]
fn the_last_accepted_postback_has_a_time() -> Result {
    let before = UnixTime::now()?.as_secs();
    let gauges = |(_, text, value)| match value {
        DebugValue::Gauge(value) => Some((text, value.0)),
        _ => None,
    };
    let gauges: Vec<(String, f64)> = measured(everything)?
        .into_iter()
        .filter_map(gauges)
        .collect();
    let name = "cryptocloud_postback_last_accepted_timestamp_seconds";
    let names = [format!("{name} project=shop"), format!("{name} project=")];
    assert_eq!([&gauges[0].0, &gauges[1].0], [&names[0], &names[1]]);
    assert!(gauges.iter().all(|(_, at)| *at >= before as f64));
    assert_eq!(gauges.len(), 2);
    Ok(())
}

#[test]
fn each_time_is_measured_once() -> Result {
    let mut times = Vec::new();
    for (_, text, value) in measured(everything)? {
        if let DebugValue::Histogram(values) = value {
            assert!(values.iter().all(|value| value.0 >= 0.0));
            times.push((text, values.len()));
        }
    }
    times.sort();
    let expected = [
        (
            "cryptocloud_postback_receive_seconds project= outcome=accepted",
            1,
        ),
        (
            "cryptocloud_postback_receive_seconds project= outcome=refused",
            1,
        ),
        (
            "cryptocloud_postback_receive_seconds project=shop outcome=accepted",
            1,
        ),
        (
            "cryptocloud_postback_receive_seconds project=shop outcome=refused",
            4,
        ),
        ("cryptocloud_postback_verify_seconds project=", 1),
        ("cryptocloud_postback_verify_seconds project=shop", 3),
    ];
    assert_eq!(
        times,
        expected.map(|(text, count)| (text.to_owned(), count))
    );
    Ok(())
}

#[test]
fn the_list_is_what_is_measured_and_documented() -> Result {
    let docs = include_str!("../src/metrics.rs");
    let mut names = Vec::new();
    for (kind, text, _) in measured(everything)? {
        let (name, labels) = text.split_once(' ').ok_or("labels")?;
        let labels: Vec<_> = labels
            .split(' ')
            .filter_map(|label| label.split_once('='))
            .collect();
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
        let keys: Vec<_> = labels.iter().map(|label| label.0).collect();
        assert_eq!(keys, listed.labels, "{name}");
        names.push(name.to_owned());
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

#[test]
fn each_is_described() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    with_local_recorder(&recorder, || {
        cryptocloud_postback::metrics::describe();
        let _ = everything();
    });
    for (key, unit, text, _) in snapshotter.snapshot().into_vec() {
        assert!(unit.is_some() && text.is_some(), "{key:?}");
    }
}
