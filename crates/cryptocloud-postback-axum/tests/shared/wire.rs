//! Senders over real TCP, for the tests of both adapters.

use std::{
    fs, io,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use cryptocloud_postback::testing::PostbackBuilder;
use futures_util::future::{join, join_all};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::cases::SECRET;

/// Reads until the server closes the connection: the response, or nothing after a reset.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    match stream.read_to_end(&mut response).await {
        Ok(_) => String::from_utf8_lossy(&response).into_owned(),
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            String::new()
        }
    }
}

/// Posts a genuine postback and demands 200.
pub async fn post_honestly(address: SocketAddr) {
    let body = PostbackBuilder::new(SECRET).json().body();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the head is sent");
    stream.write_all(&body).await.expect("the body is sent");
    let response = read_to_end(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
}
