//! Shutdown.

use std::{io, process::Stdio};

use reqwest::{Method, StatusCode};

use crate::{
    SECRET, TestResult, genuine,
    listener::{Listener, command},
};

#[tokio::test]
async fn signals_end_it_while_a_page_is_open() -> TestResult {
    for signal in ["INT", "TERM"] {
        let mut listener = Listener::start(&[])?;
        let mut stream = listener.own(Method::GET, "/api/events").send().await?;
        assert!(stream.chunk().await?.is_some());
        assert_eq!(listener.signal(signal)?.code(), Some(0), "{signal}");
        // The stream ends properly and is not cut off.
        while stream.chunk().await?.is_some() {}
    }
    Ok(())
}

#[tokio::test]
async fn a_closed_output_is_not_an_error() -> TestResult {
    let mut command = command(&["--addr", "127.0.0.1:0"]);
    command
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .stderr(Stdio::null());
    let mut listener = Listener::spawn(&mut command)?;
    // Nothing reads the output from here on.
    listener.stdout = Box::new(io::empty());
    for _ in 0..3 {
        let response = listener.post(&genuine("GENUINE1")).await?;
        assert_eq!(response.status(), StatusCode::OK);
    }
    assert_eq!(listener.signal("INT")?.code(), Some(0));
    Ok(())
}
