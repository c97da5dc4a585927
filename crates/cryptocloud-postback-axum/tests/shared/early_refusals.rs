//! Senders that are refused before they have sent their body.

use std::net::SocketAddr;

use tokio::{io::AsyncWriteExt, task};

use crate::wire::{connect, response};

/// Bodies of up to 256 KiB that are refused early, in pieces of 4 KB: each piece is sent, and the
/// response is read, every time.
pub(crate) async fn are_seen(address: SocketAddr) {
    const JSON: &str = "content-type: application/json\r\n";
    const GZIP: &str = "content-encoding: gzip\r\n";
    const MULTIPART: &str = "content-type: multipart/form-data; boundary=b\r\n";
    for (method, headers, length, status) in [
        ("POST", GZIP, 20_000, 415),
        ("POST", MULTIPART, 20_000, 415),
        ("POST", JSON, 70_000, 413),
        ("PUT", JSON, 20_000, 405),
    ] {
        for is_chunked in [false, true] {
            for _ in 0..200 {
                let refusal = format!("HTTP/1.1 {status} ");
                let response = in_pieces(address, method, headers, length, is_chunked).await;
                assert!(response.starts_with(&refusal), "{headers}: {response}");
            }
        }
    }
    let response = in_pieces(address, "POST", JSON, 256 * 1024, false).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}

/// Posts a body in pieces of 4 KB, each of which must be sent, and reads the response.
pub(crate) async fn in_pieces(
    address: SocketAddr,
    method: &str,
    headers: &str,
    length: usize,
    is_chunked: bool,
) -> String {
    let mut stream = connect(address).await;
    let framing = if is_chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {length}")
    };
    let head = format!(
        "{method} / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}{framing}\r\n\r\n"
    );
    stream
        .write_all(head.as_bytes())
        .await
        .expect("head is sent");
    let body = vec![b' '; length];
    for piece in body.chunks(4096) {
        let piece = if is_chunked {
            let size = format!("{:x}\r\n", piece.len());
            [size.as_bytes(), piece, b"\r\n"].concat()
        } else {
            piece.to_vec()
        };
        stream.write_all(&piece).await.expect("a piece is sent");
        // The server has its turn between two pieces.
        task::yield_now().await;
    }
    if is_chunked {
        stream
            .write_all(b"0\r\n\r\n")
            .await
            .expect("the end is sent");
    }
    response(&mut stream).await.expect("a response")
}

/// A body over 256 KiB is not waited for.
pub(crate) async fn do_not_wait_for_a_long_body(address: SocketAddr) {
    for (headers, status) in [("content-encoding: gzip", 415), ("accept: */*", 413)] {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: shop\r\n{headers}\r\ncontent-length: 10000000\r\n\r\n"
        );
        let mut stream = connect(address).await;
        stream
            .write_all(head.as_bytes())
            .await
            .expect("head is sent");
        let response = response(&mut stream).await.expect("a response");
        let refusal = format!("HTTP/1.1 {status} ");
        assert!(response.starts_with(&refusal), "{response}");
    }
}
