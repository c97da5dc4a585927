//! The end.

use std::{io, process::Stdio};

use reqwest::{Method, StatusCode};

use crate::{
    SECRET, TestResult, genuine,
    listener::{Listener, command},
};

#[tokio::test]
async fn signals_end_it_with_a_page_open() -> TestResult {
    for signal in ["INT", "TERM"] {
        let mut listener = Listener::start(&[])?;
        let mut stream = listener.own(Method::GET, "/api/events").send().await?;
        assert!(stream.chunk().await?.is_some());
        assert_eq!(listener.signal(signal)?.code(), Some(0), "{signal}");
        // The end is told, and not broken off.
        while stream.chunk().await?.is_some() {}
    }
    Ok(())
}

#[tokio::test]
async fn a_reader_of_the_terminal_that_goes_away_is_no_fault() -> TestResult {
    let mut command = command(&["--addr", "127.0.0.1:0"]);
    command
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .stderr(Stdio::null());
    let mut listener = Listener::spawn(&mut command)?;
    // Nobody reads what follows.
    listener.stdout = Box::new(io::empty());
    for _ in 0..3 {
        let answer = listener.post(&genuine("GENUINE1")?).await?;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert_eq!(listener.signal("INT")?.code(), Some(0));
    Ok(())
}
