//! A whole `http::Request`, and a response for it.
#![cfg(feature = "http")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cryptocloud_postback::{
    Error, Response, SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder},
};
use http::{Method, Request, header};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn respond(outcome: Result<Verified, Error>) -> http::Response<&'static str> {
    match outcome {
        Ok(_) => Response::RECEIVED.into(),
        Err(error) => error.kind().response().into(),
    }
}

#[test]
fn whole_requests() -> TestResult {
    let now = SystemTime::from(NOW);
    let verifier = Verifier::builder(SecretKey::new(SECRET)?)
        .clock(move || now + Duration::from_secs(1))
        .build()?;
    let genuine = PostbackBuilder::new(SECRET).at(NOW).json();
    let request = || -> Result<Request<Bytes>, http::Error> {
        Request::post("/")
            .header(header::CONTENT_TYPE, genuine.content_type())
            .body(genuine.body())
    };
    let check = |request: Request<Bytes>, status: u16, allow: Option<&str>| {
        let response = respond(verifier.verify_http(&request));
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let header = response.headers().get(header::ALLOW);
        assert_eq!(
            header.map(|value| value.as_bytes()),
            allow.map(str::as_bytes)
        );
    };
    check(request()?, 200, None);

    let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes")
        .at(NOW)
        .json();
    let mut of_forger = request()?;
    *of_forger.body_mut() = forged.body();
    check(of_forger, 401, None);

    let mut get = request()?;
    *get.method_mut() = Method::GET;
    check(get, 405, Some("POST"));

    let mut compressed = request()?;
    compressed
        .headers_mut()
        .insert(header::CONTENT_ENCODING, "gzip".parse()?);
    check(compressed, 415, None);

    let mut multipart = request()?;
    multipart
        .headers_mut()
        .insert(header::CONTENT_TYPE, "multipart/form-data".parse()?);
    check(multipart, 415, None);

    let mut large = request()?;
    *large.body_mut() = vec![b' '; 65_537].into();
    check(large, 413, None);
    Ok(())
}
