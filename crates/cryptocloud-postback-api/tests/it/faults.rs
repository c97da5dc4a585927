//! Responses that are none, or not the vendor's.

use std::{
    error::Error as _,
    io::{self, Write},
    net::TcpListener,
    time::Duration,
};

use cryptocloud_postback_api::{Api, ApiError, ApiErrorKind as Kind, ApiKey, BaseUrl, NewInvoice};
use cryptocloud_postback_mimic::{Fault, KEY, Mimic};
use flate2::{Compression, write::GzEncoder};

use crate::{TestResult, api, builder, id, ids, invoice, page};

/// The error of a look-up, and how many requests it took.
async fn look_up(api: &Api, server: &Mimic) -> (Option<ApiError>, usize) {
    let before = server.count();
    let error = api.invoices(&ids(["A"])).await.err();
    (error, server.count() - before)
}

/// A good response that is very large once it is inflated.
fn compressed() -> io::Result<Fault> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(page(&[&" ".repeat(16 << 20)]).as_bytes())?;
    Ok(Fault::respond(200, gzip.finish()?).header("content-encoding", "gzip"))
}

#[tokio::test]
async fn each_fault_has_its_kind_and_only_transient_ones_are_tried_again() -> TestResult {
    let server = Mimic::start().await?;
    let elsewhere = Mimic::start().await?;
    let api = builder(&server).build()?;
    let shape = |body: &str| Fault::respond(200, body.to_owned());
    let later = |status, seconds| Fault::status(status).header("retry-after", seconds);
    let cases = [
        (Fault::status(500), Kind::Server, 4),
        (later(503, "0"), Kind::Server, 4),
        (later(503, "3600"), Kind::Server, 1),
        (Fault::status(429), Kind::RateLimited, 4),
        (later(429, "0"), Kind::RateLimited, 4),
        (later(429, "31536000"), Kind::RateLimited, 1),
        (Fault::Cut, Kind::Connection, 4),
        (Fault::Down, Kind::Connection, 4),
        (Fault::status(401), Kind::Unauthorized, 1),
        (Fault::status(403), Kind::Unauthorized, 1),
        (later(404, "0"), Kind::Rejected, 1),
        (
            Fault::status(308).header("location", elsewhere.url()),
            Kind::Redirected,
            1,
        ),
        (shape("<h1>Welcome</h1>"), Kind::Malformed, 1),
        (shape(&" ".repeat(16 << 20)), Kind::TooLarge, 1),
        // It is not inflated: as it stands it is no JSON.
        (compressed()?, Kind::Malformed, 1),
        (shape(""), Kind::Malformed, 1),
        (shape("null"), Kind::Malformed, 1),
        (shape(r#"{"result":[]}"#), Kind::Malformed, 1),
        (shape(r#"{"status":"new","result":[]}"#), Kind::Malformed, 1),
        (shape(r#"{"status":7,"result":[]}"#), Kind::Malformed, 1),
        (shape(r#"{"status":"success"}"#), Kind::Malformed, 1),
        (
            shape(r#"{"status":"success","result":{}}"#),
            Kind::Malformed,
            1,
        ),
        (
            shape(r#"{"status":"success","result":null}"#),
            Kind::Malformed,
            1,
        ),
        (
            shape(r#"{"status":"success","status":"success","result":[]}"#),
            Kind::Malformed,
            1,
        ),
        (
            shape(r#"{"status":"success","result":[]"#),
            Kind::Malformed,
            1,
        ),
    ];
    for (number, (fault, kind, requests)) in cases.into_iter().enumerate() {
        server.fail_always(fault);
        let (error, count) = look_up(&api, &server).await;
        // What the vendor refuses about one invoice is an invoice that it does not know.
        let expected = (kind != Kind::Rejected).then_some(kind);
        assert_eq!(
            (error.map(|error| error.kind()), count),
            (expected, requests),
            "case {number}"
        );
    }
    assert_eq!(elsewhere.count(), 0, "the key went to another address");
    Ok(())
}

#[tokio::test]
async fn a_call_gets_through_after_transient_faults() -> TestResult {
    let server = Mimic::start().await?;
    server.add(invoice("A", "paid"));
    server.fail([
        Fault::status(500),
        Fault::status(429).header("retry-after", "0"),
        Fault::Cut,
    ]);
    let (error, requests) = look_up(&api(&server), &server).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(requests, 4);
    Ok(())
}

#[tokio::test]
async fn the_error_says_when_to_come_again_but_never_in_a_year() -> TestResult {
    let server = Mimic::start().await?;
    let api = api(&server);
    for (value, seconds) in [("60", 60), ("31536000", 3_600)] {
        server.fail([Fault::status(429).header("retry-after", value)]);
        let (error, _) = look_up(&api, &server).await;
        let error = error.ok_or("no error")?;
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
        assert_eq!(error.status(), Some(429));
    }
    Ok(())
}

#[tokio::test]
async fn a_slow_response_ends_at_the_limit_and_is_not_asked_again() -> TestResult {
    let server = Mimic::start().await?;
    server.fail_always(Fault::Slow(Duration::MAX));
    let api = builder(&server)
        .response_timeout(Duration::from_millis(200))
        .build()?;
    let (error, requests) = look_up(&api, &server).await;
    assert_eq!(error.map(|error| error.kind()), Some(Kind::TimedOut));
    // The limit counts from before the request is sent, so on a busy machine none may arrive.
    assert!(requests <= 1, "{requests} requests");

    // The limit for all retries together ends an endless row of them.
    server.fail_always(Fault::status(500));
    let patient = builder(&server)
        .max_retries(usize::MAX)
        .timeout(Duration::from_millis(50));
    let (error, _) = look_up(&patient.build()?, &server).await;
    assert_eq!(error.map(|error| error.kind()), Some(Kind::TimedOut));
    Ok(())
}

#[tokio::test]
async fn an_address_without_a_server() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr()?))?;
    drop(listener);
    let api = Api::builder(ApiKey::new(KEY)?, base)
        .retry_delay(Duration::ZERO)
        .build()?;
    let error = api.invoices(&ids(["A"])).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!(error.source().is_some());
    Ok(())
}

#[tokio::test]
async fn what_may_have_been_received_is_not_sent_again() -> TestResult {
    let server = Mimic::start().await?;
    let api = api(&server);
    let new = NewInvoice::new("shop", "1".parse()?);
    for (fault, kind, requests) in [
        (Fault::status(500), Kind::Server, 1),
        (Fault::Cut, Kind::Connection, 1),
        (Fault::status(429), Kind::RateLimited, 4),
    ] {
        server.fail_always(fault.clone());
        let before = server.count();
        let error = api.create_invoice(&new).await.unwrap_err();
        assert_eq!(
            (error.kind(), server.count() - before),
            (kind, requests),
            "{fault:?}"
        );
        let before = server.count();
        let error = api.cancel(&id("A")).await.unwrap_err();
        assert_eq!(
            (error.kind(), server.count() - before),
            (kind, requests),
            "{fault:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_limit_counts_bytes() -> TestResult {
    let server = Mimic::start().await?;
    let body = page(&[r#"{"uuid":"A"}"#]);
    server.fail_always(Fault::respond(200, body.clone()));
    let exact = builder(&server).max_response_bytes(body.len()).build()?;
    assert_eq!(exact.invoices(&ids(["A"])).await?.len(), 1);
    let less = builder(&server)
        .max_response_bytes(body.len() - 1)
        .build()?;
    assert_eq!(
        less.invoices(&ids(["A"])).await.unwrap_err().kind(),
        Kind::TooLarge
    );
    Ok(())
}
