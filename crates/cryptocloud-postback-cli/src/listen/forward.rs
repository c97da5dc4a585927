use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, Response};
use bytes::Bytes;
use reqwest::{Client, Url};

use super::request::Received;
use crate::client;

/// Forwards postbacks to the merchant's server.
pub(super) struct Forwarder {
    /// Names this program in `Via` (RFC 9110 section 7.6.3), which reveals a loop.
    address: String,
    client: Client,
    url: Url,
}

/// A postback that was forwarded.
pub(super) struct Exchange {
    pub(super) milliseconds: u64,
    /// The server's response, or why there is none.
    pub(super) result: Result<Response<Bytes>, String>,
}

impl Forwarder {
    pub(super) fn new(url: Url, address: SocketAddr) -> reqwest::Result<Self> {
        Ok(Self {
            address: address.to_string(),
            client: client::builder(&url, TIMEOUT).build()?,
            url,
        })
    }

    /// Forwards the method, the body, and the headers in [`FORWARDED`].
    pub(super) async fn send(&self, request: &Received) -> Exchange {
        let start = Instant::now();
        let result = if self.is_loop(request.headers()) {
            Err("forwarding loop: your server sent this postback back here".to_owned())
        } else {
            let response = self.exchange(request).await;
            response.map_err(|error| reason(&error))
        };
        Exchange {
            milliseconds: start.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
            result,
        }
    }

    fn is_loop(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all("via").iter();
        let mut values = values.filter_map(|via| via.to_str().ok());
        values.any(|via| via.split([' ', ',']).any(|word| word == self.address))
    }

    async fn exchange(&self, request: &Received) -> reqwest::Result<Response<Bytes>> {
        let mut headers = HeaderMap::new();
        for name in FORWARDED {
            for value in request.headers().get_all(name) {
                headers.append(name, value.clone());
            }
        }
        let body = request.body().clone().unwrap_or_default();
        let method = request.method().clone();
        let request = self.client.request(method, self.url.clone()).body(body);
        let request = request
            .headers(headers)
            .header("via", format!("1.1 {}", self.address));
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY_BYTES {
                break;
            }
        }
        body.truncate(MAX_BODY_BYTES);
        let mut copy = Response::new(body.into());
        *copy.status_mut() = response.status();
        *copy.headers_mut() = response.headers().clone();
        Ok(copy)
    }
}

/// What an operator can act on. The last cause is the most specific.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("your server did not respond within {} s", TIMEOUT.as_secs());
    }
    let cause = client::root_cause(error);
    if error.is_connect() {
        format!("your server cannot be reached: {cause}")
    } else {
        format!("connection to your server failed: {cause}")
    }
}

/// With `Content-Encoding`, since the body is forwarded as it arrived, and with `Via`, so that a loop
/// through other proxies ends.
const FORWARDED: [&str; 4] = ["content-encoding", "content-type", "user-agent", "via"];

/// The rest of a longer response is cut off.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
