//! A payment is one trace, from its request to its last attempt, as an OpenTelemetry collector gets it.

use durability::{Framework, Options};
use otlp_receiver::{OtlpReceiver, Span};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    TestResult,
    place::{Kind, Place},
    receiver::Receiver,
    sender::{Response, Sender, postback},
};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";

fn traceparent() -> String {
    format!("00-{TRACE_ID}-{PARENT_ID}-01")
}

fn headers(pairs: &[(&'static str, &[u8])]) -> TestResult<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value)?;
        headers.append(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// The attempts at a report, the first one first.
fn attempts(spans: &[Span]) -> Vec<&Span> {
    let attempts = spans.iter().filter(|span| span.name == "attempt");
    let mut attempts: Vec<&Span> = attempts.collect();
    attempts.sort_by_key(|span| span.get("attempt"));
    attempts
}

async fn start(
    place: &Place,
    collector: &OtlpReceiver,
    framework: Framework,
) -> TestResult<Receiver> {
    let options = Options {
        fails: 2,
        otlp: Some(collector.endpoint().to_owned()),
        ..place.options(framework)
    };
    place.start(&options).await
}

/// The handler fails twice. With a second framework, another process takes over after the first failure.
async fn check(kind: Kind, first: Framework, second: Option<Framework>) -> TestResult {
    let Some(place) = Place::new(kind).await? else {
        return Ok(());
    };
    let collector = OtlpReceiver::start().await?;
    let mut receiver = start(&place, &collector, first).await?;
    let parent = traceparent();
    let sent = headers(&[
        ("traceparent", parent.as_bytes()),
        ("tracestate", b"rojo=1"),
    ])?;
    let sender = Sender::new()?;
    let postback = postback("TRACED", 0);
    let response = sender.send_with(receiver.url(), &postback, sent).await;
    assert_eq!(response, Response::Later);
    if let Some(second) = second {
        collector.until(|spans| spans.len() == 2).await?;
        receiver.kill();
        receiver = start(&place, &collector, second).await?;
    }
    let spans = collector.until(|spans| spans.len() == 4).await?;
    receiver.end().await?;
    assert_eq!(collector.spans().len(), 4, "{:#?}", collector.spans());

    for span in &spans {
        assert_eq!(span.service, "receiver");
        assert_eq!((&*span.trace_id, &*span.trace_state), (TRACE_ID, "rojo=1"));
        assert_eq!(span.get("trace_id"), Some(TRACE_ID));
        assert_eq!(span.get("invoice_id"), Some("\"TRACED\""));
        assert_eq!(span.get("report_id"), spans[0].get("report_id"));
        assert!(span.links.is_empty(), "{span:?}");
    }
    let postback = spans.iter().find(|span| span.name == "postback");
    let postback = postback.ok_or("no postback")?;
    assert_eq!(postback.parent_id.as_deref(), Some(PARENT_ID));
    assert_eq!(postback.get("state"), Some("failed"));
    let expected = [("1", "failed"), ("2", "failed"), ("3", "done")];
    let found = attempts(&spans);
    assert_eq!(found.len(), expected.len());
    for (span, (attempt, state)) in found.into_iter().zip(expected) {
        assert_eq!(span.parent_id.as_ref(), Some(&postback.span_id), "{span:?}");
        assert_eq!(span.get("project"), Some("shop"));
        assert_eq!(span.get("attempt"), Some(attempt));
        assert_eq!(span.get("state"), Some(state));
        assert_eq!(span.get("kind"), None);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_from_the_request_through_the_third_attempt() -> TestResult {
    let checks = tokio::join!(
        check(Kind::Sqlite, Framework::Axum, None),
        check(Kind::Sqlite, Framework::Actix, None),
        check(Kind::Memory, Framework::Axum, None)
    );
    checks.0?;
    checks.1?;
    checks.2
}

/// What the first process knew is gone: the trace comes from the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_continues_it() -> TestResult {
    let checks = tokio::join!(
        check(Kind::Sqlite, Framework::Axum, Some(Framework::Actix)),
        check(Kind::Postgres, Framework::Actix, Some(Framework::Axum)),
        check(Kind::Redis, Framework::Axum, Some(Framework::Axum))
    );
    checks.0?;
    checks.1?;
    checks.2
}

/// Headers that name no trace.
fn hostile() -> Vec<Vec<(&'static str, Vec<u8>)>> {
    let valid = traceparent();
    let replace = |from: &str, to: &str| valid.replace(from, to).into_bytes();
    let single = [
        replace("00-4", "ff-4"),
        replace(TRACE_ID, &"0".repeat(32)),
        replace(PARENT_ID, &"0".repeat(16)),
        replace("f", "g"),
        valid.to_uppercase().into(),
        format!("{valid}-{valid}").into(),
        vec![b'a'; 10_240],
        vec![0xff; 55],
        Vec::new(),
    ];
    let mut all: Vec<_> = single.map(|value| vec![("traceparent", value)]).into();
    all.push(vec![]);
    all.push(vec![("tracestate", b"rojo=1".to_vec())]);
    all.push(vec![("traceparent", valid.into()); 2]);
    all
}

/// Sends a postback that is handled at once, and returns its two spans.
async fn spans_of(
    collector: &OtlpReceiver,
    url: &str,
    invoice: &str,
    sent: &[(&'static str, Vec<u8>)],
) -> TestResult<[Span; 2]> {
    let pairs: Vec<_> = sent.iter().map(|(name, value)| (*name, &**value)).collect();
    let (sender, postback) = (Sender::new()?, postback(invoice, 0));
    let response = sender.send_with(url, &postback, headers(&pairs)?).await;
    assert_eq!(response, Response::Accepted, "{sent:?}");
    let field = format!("{invoice:?}");
    let of_invoice = |spans: &[Span]| -> Vec<Span> {
        let spans = spans.iter();
        let spans = spans.filter(|span| span.get("invoice_id") == Some(&field));
        spans.cloned().collect()
    };
    let spans = collector.until(|spans| of_invoice(spans).len() == 2);
    let mut spans = of_invoice(&spans.await?);
    spans.sort_by(|one, other| other.name.cmp(&one.name));
    Ok(spans.try_into().map_err(|_| "two spans")?)
}

async fn check_hostile(framework: Framework) -> TestResult {
    let place = Place::new(Kind::Sqlite).await?.ok_or("SQLite")?;
    let collector = OtlpReceiver::start().await?;
    let options = Options {
        otlp: Some(collector.endpoint().to_owned()),
        ..place.options(framework)
    };
    let receiver = place.start(&options).await?;
    for (number, sent) in hostile().iter().enumerate() {
        let invoice = format!("HOSTILE{number}");
        let spans = spans_of(&collector, receiver.url(), &invoice, sent);
        let [postback, attempt] = spans.await?;
        // The trace begins with the postback.
        assert_eq!((&*postback.name, &postback.parent_id), ("postback", &None));
        assert_ne!(postback.trace_id, TRACE_ID, "{sent:?}");
        assert_eq!(postback.get("trace_id"), Some(&*postback.trace_id));
        assert_eq!(attempt.trace_id, postback.trace_id);
        assert_eq!(attempt.parent_id.as_ref(), Some(&postback.span_id));
        assert_eq!(attempt.get("state"), Some("done"));
        assert_eq!((&*postback.trace_state, &*attempt.trace_state), ("", ""));
    }
    // The rest of a valid trace does not suffer.
    let sent = [
        ("traceparent", traceparent().into()),
        (
            "tracestate",
            [b"rojo=".as_slice(), &[b'a'; 10_240]].concat(),
        ),
    ];
    let spans = spans_of(&collector, receiver.url(), "LARGE", &sent);
    for span in spans.await? {
        assert_eq!((&*span.trace_id, &*span.trace_state), (TRACE_ID, ""));
    }
    receiver.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_headers_change_nothing() -> TestResult {
    let checks = tokio::join!(
        check_hostile(Framework::Axum),
        check_hostile(Framework::Actix)
    );
    checks.0?;
    checks.1
}
