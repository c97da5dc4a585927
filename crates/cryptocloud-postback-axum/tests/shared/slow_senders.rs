//! Senders that keep a connection without finishing their body.

use std::{fs, io, net::SocketAddr, time::Duration};

use cryptocloud_postback::testing::PostbackBuilder;
use futures_util::future::{Either, join_all, select};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::{
    verifier::SECRET,
    wire::{connect, response},
};

/// 200 slow senders are cut off at the deadline. Meanwhile every genuine postback is accepted, and the
/// memory of this process, which holds both ends of every connection, grows by little.
///
/// `kib` is the most for each sender. It is more than a buffer for what was sent, because the server
/// has buffers too.
pub(crate) async fn are_cut_off(address: SocketAddr, kib: usize) {
    let hang = Duration::from_secs(120);
    let grown = timeout(hang, send(address)).await;
    let grown = grown.expect("every sender is cut off");
    assert!(grown < SENDERS * kib, "memory grew by {grown} KiB");
}

/// Returns by how many KiB the memory grew.
async fn send(address: SocketAddr) -> usize {
    post_genuine(address).await;
    let before = resident_kib();
    let senders = (0..SENDERS).map(async |index| {
        let mut stream = connect(address).await;
        if index % 2 == 0 {
            silence(&mut stream).await;
        } else {
            one_byte_chunks(&mut stream).await;
        }
    });
    let mut senders = Box::pin(join_all(senders));
    let mut highest = before;
    let mut accepted = 0;
    loop {
        match select(senders, Box::pin(post_genuine(address))).await {
            Either::Left((_, genuine)) => break genuine.await,
            Either::Right(((), others)) => senders = others,
        }
        accepted += 1;
        highest = highest.max(resident_kib());
    }
    assert!(accepted > 0, "the deadline came before a genuine postback");
    highest - before
}

/// One byte of a body, and then nothing.
async fn silence(stream: &mut TcpStream) {
    let request = b"POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000\r\n\r\n{";
    stream.write_all(request).await.expect("head is sent");
    let response = response(stream).await.expect("a response");
    assert_is_timeout(&response);
}

/// A body in chunks of one byte, without an end.
async fn one_byte_chunks(stream: &mut TcpStream) {
    let head = b"POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).await.expect("head is sent");
    for _ in 0..CHUNKS / 100 {
        if stream.write_all(&b"1\r\n \r\n".repeat(100)).await.is_err() {
            // Cut off while writing.
            return;
        }
    }
    match response(stream).await {
        Ok(response) => assert_is_timeout(&response),
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
    }
}

#[track_caller]
fn assert_is_timeout(response: &str) {
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(
        response.ends_with(r#"{"error":"Request timeout"}"#),
        "{response}"
    );
}

fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
    size.expect("a size").parse().expect("a number")
}

/// Sends a genuine postback, which must be accepted.
pub(crate) async fn post_genuine(address: SocketAddr) {
    let body = PostbackBuilder::new(SECRET).json().body();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = connect(address).await;
    stream
        .write_all(head.as_bytes())
        .await
        .expect("head is sent");
    stream.write_all(&body).await.expect("body is sent");
    let response = response(&mut stream).await.expect("a response");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
}

const CHUNKS: usize = 5_000;
const SENDERS: usize = 200;
