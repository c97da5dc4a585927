//! An endpoint that records requests and responds as a test wants.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
};

pub(crate) struct Endpoint {
    address: String,
    pub(crate) requests: Receiver<Request>,
}

#[derive(Debug)]
pub(crate) struct Request {
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Endpoint {
    /// Responds to every request with these bytes and closes the connection.
    pub(crate) fn responding_with(response: impl Into<Vec<u8>>) -> Self {
        Self::responding_in_turn([response])
    }

    /// Responds to each request with the next of these, and then with the last one.
    pub(crate) fn responding_in_turn<const N: usize>(responses: [impl Into<Vec<u8>>; N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, requests) = mpsc::channel();
        let mut responses: VecDeque<Vec<u8>> = responses.map(Into::into).into();
        // The thread ends with the test process.
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let Some((request, mut stream)) = stream.ok().and_then(read) else {
                    continue;
                };
                if sender.send(request).is_err() {
                    return;
                }
                let response = match responses.len() {
                    1 => responses[0].clone(),
                    _ => responses.pop_front().expect("a response"),
                };
                if response == HANGS {
                    held.push(stream);
                    continue;
                }
                let _ = stream.write_all(&response);
            }
        });
        Self { address, requests }
    }

    /// Responds to every request with this status and body.
    pub(crate) fn with_status(status: &str, body: &str) -> Self {
        let length = body.len();
        Self::responding_with(format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/postback", self.address)
    }

    pub(crate) fn request(&self) -> Request {
        self.requests.recv().expect("a request")
    }
}

impl Request {
    #[track_caller]
    pub(crate) fn has(&self, line: &str) {
        assert!(self.head.lines().any(|known| known == line), "{self:?}");
    }
}

/// Leaves a request without a response.
pub(crate) const HANGS: &[u8] = b"hangs";

fn read(mut stream: TcpStream) -> Option<(Request, TcpStream)> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.extend(byte);
    }
    let head = String::from_utf8(bytes).ok()?.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap_or("0").parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some((Request { head, body }, stream))
}
