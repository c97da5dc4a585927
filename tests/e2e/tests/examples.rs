//! The basic examples as processes: settings, log, shutdown, large bodies.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use cryptocloud_postback::testing::{PostbackBuilder, SignedPostback};
use flate2::{Compression, write::GzEncoder};

use crate::servers::{EXAMPLES, SECRET, Server, command};

fn genuine() -> SignedPostback {
    PostbackBuilder::new(SECRET).order_id("ORDER_93223").json()
}

#[track_caller]
fn fails(mut command: Command, code: i32, expected: &str) {
    let output = command.output().expect("a process");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(expected), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_wrong_setting_ends_the_program_with_one_line_that_names_it() {
    for example in EXAMPLES {
        fails(
            command(example),
            2,
            "set CRYPTOCLOUD_SECRET_KEY to the SECRET KEY",
        );
        for (secret, problem) in [
            ("", "secret key is empty"),
            ("super-secret", "public one from the vendor's samples"),
            ("short", "shorter than 32 bytes"),
            (
                "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8",
                "this is an API KEY",
            ),
        ] {
            let mut command = command(example);
            command.env("CRYPTOCLOUD_SECRET_KEY", secret);
            fails(command, 2, problem);
        }
        let mut command = command(example);
        command
            .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
            .env("LISTEN_ADDR", "localhost");
        fails(command, 2, "set LISTEN_ADDR");
    }
}

#[test]
fn an_address_in_use_ends_the_program_with_one_line() {
    for example in EXAMPLES {
        let server = Server::start(example);
        let mut command = command(example);
        command.env("CRYPTOCLOUD_SECRET_KEY", SECRET);
        command
            .env("LISTEN_ADDR", server.address())
            .env("RUST_LOG", "off");
        fails(command, 1, server.address());
    }
}

#[tokio::test]
async fn a_genuine_postback_is_logged_in_one_line() -> reqwest::Result<()> {
    for example in EXAMPLES {
        let server = Server::start(example);
        let client = reqwest::Client::new();
        let post = |body| client.post(&server.url).body(body).send();
        let response = post(genuine().body()).await?;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.text().await?, r#"{"message":"Postback received"}"#);
        let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes");
        assert_eq!(post(forged.json().body()).await?.status(), 401);
        drop(client);
        let log = server.stop();
        let lines = |text| log.iter().filter(|line| line.contains(text)).count();
        assert_eq!(lines("ILRAJE1Q"), 2, "{log:?}");
        let postback = r#"postback{invoice_id="ILRAJE1Q" amount=0.000113 currency="BNB" order_id=Some("ORDER_93223")}: "#;
        assert_eq!(lines(postback), 1, "{log:?}");
        assert_eq!(lines(": paid"), 1, "{log:?}");
        assert_eq!(lines("kind=TokenSignature"), 1, "{log:?}");
        assert_eq!(lines(SECRET), 0, "{log:?}");
    }
    Ok(())
}

#[test]
fn requests_in_flight_get_their_response_before_shutdown() {
    for example in EXAMPLES {
        for signal in ["TERM", "INT"] {
            let mut server = Server::start(example);
            let body = genuine().body();
            let mut stream = TcpStream::connect(server.address()).expect("a connection");
            let head = format!(
                "POST /postback HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).expect("a request");
            // The server sends it when the extractor reads the body.
            let mut interim = [0; 25];
            stream
                .read_exact(&mut interim)
                .expect("an interim response");
            assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");

            server.signal(signal);
            refuses_connections(server.address());
            stream.write_all(&body).expect("a body");
            let mut response = String::new();
            stream.read_to_string(&mut response).expect("a response");
            assert!(
                response.starts_with("HTTP/1.1 200 OK\r\n"),
                "{example}: {response}"
            );
            assert!(
                response.ends_with(r#"{"message":"Postback received"}"#),
                "{example}: {response}"
            );
            assert_eq!(server.wait().code(), Some(0), "{example} after {signal}");
        }
    }
}

/// Waits until the server has acted on its signal.
fn refuses_connections(address: &str) {
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{address} still accepts connections"
        );
    }
}

/// Sends 64 MB of zeros, which would show in the peak memory of a server that inflates them.
#[test]
fn compressed_bodies_are_refused_and_never_inflated() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(&vec![0; 64 << 20])
        .expect("a writer that cannot fail");
    let bomb = encoder.finish().expect("a writer that cannot fail");
    let head = format!(
        "POST /postback HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        bomb.len()
    );
    for example in EXAMPLES {
        let server = Server::start(example);
        let before = peak_kib(server.id());
        for _ in 0..16 {
            let mut stream = TcpStream::connect(server.address()).expect("a connection");
            stream.write_all(head.as_bytes()).expect("a request");
            // The server may respond and close before all of it is sent.
            let _ = stream.write_all(&bomb);
            let mut response = Vec::new();
            let _ = stream.read_to_end(&mut response);
            let response = String::from_utf8_lossy(&response);
            assert!(
                response.starts_with("HTTP/1.1 415 "),
                "{example}: {response}"
            );
            assert!(response.ends_with(r#"{"error":"Unsupported content encoding"}"#));
        }
        let grown = peak_kib(server.id()) - before;
        assert!(grown < 16 << 10, "{example} grew by {grown} KiB");
    }
}

fn peak_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("a process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
    peak.and_then(|peak| peak.parse().ok()).expect("a peak")
}
