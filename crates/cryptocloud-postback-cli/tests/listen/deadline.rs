//! Deadlines of ten seconds.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use reqwest::StatusCode;

use crate::{TestResult, genuine, listener::Listener};

#[tokio::test]
async fn a_sender_that_stops_and_a_server_that_never_responds() -> TestResult {
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", silent.local_addr()?);
    let listener = Listener::start(&["--forward", &url])?;
    let mut sender = TcpStream::connect(listener.origin.trim_start_matches("http://"))?;
    sender.write_all(b"POST /postback HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")?;
    let stopped = thread::spawn(move || {
        let mut start = [0; 12];
        sender.read_exact(&mut start).map(|()| start)
    });
    let forwarded = listener.post(&genuine("GENUINE1")).await?;
    assert_eq!(forwarded.status(), StatusCode::BAD_GATEWAY);
    let text = forwarded.text().await?;
    assert!(
        text.contains("your server did not respond within 10 s"),
        "{text}"
    );
    let start = stopped.join().map_err(|_| "the sender panicked")??;
    assert_eq!(str::from_utf8(&start)?, "HTTP/1.1 408");
    Ok(())
}
