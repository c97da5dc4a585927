//! Senders that guess names of projects.

use std::{fs, net::SocketAddr, ops::Range};

use async_trait::async_trait;
use cryptocloud_postback_projects::{Project, Projects, SourceError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A source that knows no project.
pub(crate) struct Nothing;

#[async_trait]
impl Projects for Nothing {
    async fn find(&self, _: &str) -> Result<Option<Project>, SourceError> {
        Ok(None)
    }
}

/// 1,000 names, and then 100,000 others: each gets a 404, and the memory of this process does not grow
/// with them. The server has a cache at `/postback/{project}`.
pub(crate) async fn take_no_memory(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let length = length(&mut stream).await;
    ask(&mut stream, length, 0..1_000).await;
    // Until the cache is full.
    ask(&mut stream, length, 1_000..20_000).await;
    let before = resident_kib();
    ask(&mut stream, length, 20_000..120_000).await;
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 4_096, "memory grew by {grown} KiB");
}

/// Many requests on one connection, 100 at a time, whose responses have the same length.
async fn ask(stream: &mut TcpStream, length: usize, names: Range<u32>) {
    let names: Vec<u32> = names.collect();
    for names in names.chunks(100) {
        let requests: String = names.iter().map(request).collect();
        let requests = requests.as_bytes();
        stream.write_all(requests).await.expect("requests");
        let mut replies = vec![0; length * names.len()];
        stream.read_exact(&mut replies).await.expect("responses");
        for reply in replies.chunks(length) {
            let reply = String::from_utf8_lossy(reply);
            assert!(reply.starts_with("HTTP/1.1 404 "), "{reply}");
            assert!(reply.ends_with(NOT_FOUND), "{reply}");
        }
    }
}

/// The length of one response.
async fn length(stream: &mut TcpStream) -> usize {
    stream
        .write_all(request(&0).as_bytes())
        .await
        .expect("a request");
    let mut reply = Vec::new();
    while !reply.ends_with(NOT_FOUND.as_bytes()) {
        reply.push(stream.read_u8().await.expect("a response"));
    }
    reply.len()
}

fn request(name: &u32) -> String {
    format!("POST /postback/name-{name} HTTP/1.1\r\nhost: shop\r\ncontent-length: 2\r\n\r\n{{}}")
}

fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
    size.expect("a size").parse().expect("a number")
}

const NOT_FOUND: &str = r#"{"error":"Not found"}"#;
