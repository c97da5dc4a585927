use std::time::{Duration, Instant};

use axum::http::{
    HeaderName, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT, VIA},
};
use reqwest::{Client, Response, Url};

use crate::client;

use super::{headers::Headers, request::StoredRequest, response::StoredResponse};

/// Forwards postbacks to the merchant's server.
pub(super) struct Forwarder {
    client: Client,
    /// Our pseudonym in `Via` (RFC 9110 section 7.6.3), which reveals a loop.
    pseudonym: String,
    timeout: Duration,
    url: Url,
}

/// A postback that was forwarded.
pub(super) struct Exchange {
    pub(super) duration: Duration,
    /// The server's response, or why there is none.
    pub(super) result: Result<StoredResponse, String>,
}

impl Forwarder {
    pub(super) fn new(url: Url, run: &str, timeout: Duration) -> reqwest::Result<Self> {
        Ok(Self {
            client: client::builder(&url, timeout).build()?,
            pseudonym: format!("ccpostback-{run}"),
            timeout,
            url,
        })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether this program forwarded the request already, so that forwarding it would never end.
    fn is_loop(&self, request: &StoredRequest) -> bool {
        let mut values = request.headers.get_all(&VIA);
        values.any(|value| {
            let mut words = value.as_bytes().split(|byte| matches!(byte, b' ' | b','));
            words.any(|word| word == self.pseudonym.as_bytes())
        })
    }

    /// Forwards the method, the body, and the headers in [`FORWARDED`].
    pub(super) async fn send(&self, request: &StoredRequest) -> Exchange {
        let start = Instant::now();
        let result = if self.is_loop(request) {
            Err("forwarding loop: your server sent this postback back here".to_owned())
        } else {
            self.exchange(request)
                .await
                .map_err(|error| self.reason(&error))
        };
        Exchange {
            duration: start.elapsed(),
            result,
        }
    }

    async fn exchange(&self, request: &StoredRequest) -> reqwest::Result<StoredResponse> {
        let mut forwarded = self
            .client
            .request(request.method.clone(), self.url.clone());
        for name in FORWARDED {
            for value in request.headers.get_all(&name) {
                forwarded = forwarded.header(&name, value);
            }
        }
        forwarded = forwarded.header(VIA, format!("1.1 {}", self.pseudonym));
        if !request.body.is_empty() {
            forwarded = forwarded.body(request.body.clone());
        }
        read(forwarded.send().await?).await
    }

    /// What an operator can act on. The last cause is the most specific.
    fn reason(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            let limit = self.timeout.as_secs();
            return format!("your server did not respond within {limit} s");
        }
        let cause = client::root_cause(error);
        if error.is_connect() {
            format!("your server cannot be reached: {cause}")
        } else {
            format!("connection to your server failed: {cause}")
        }
    }
}

impl Exchange {
    /// The status of the response to the sender.
    pub(super) fn status(&self) -> StatusCode {
        let response = self.result.as_ref();
        response.map_or(StatusCode::BAD_GATEWAY, |response| response.status)
    }

    /// The response to the sender.
    pub(super) fn response(&self) -> StoredResponse {
        match &self.result {
            Ok(response) => response.clone(),
            Err(error) => StoredResponse::error(self.status(), &format!("not forwarded: {error}")),
        }
    }
}

/// Reads a response, with up to [`MAX_BODY_BYTES`] of its body.
async fn read(mut response: Response) -> reqwest::Result<StoredResponse> {
    let mut body = Vec::new();
    let mut truncated = false;
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_BODY_BYTES.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(StoredResponse {
        body: body.into_boxed_slice().into(),
        headers: Headers::keep(response.headers()),
        status: response.status(),
        truncated,
    })
}

const MAX_BODY_BYTES: usize = 64 * 1024;

/// With `Content-Encoding`, since the body is forwarded as it arrived, and with `Via`, so that a loop
/// through other proxies ends.
const FORWARDED: [HeaderName; 4] = [CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT, VIA];

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_never_responds() -> anyhow::Result<()> {
        let silent = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", silent.local_addr()?).parse()?;
        let forwarder = Forwarder::new(url, "run", Duration::from_millis(50))?;
        let request = StoredRequest::read(Request::post("/").body(Body::empty())?).await;
        let exchange = forwarder.send(&request).await;
        let error = exchange.result.as_ref().err().map(String::as_str);
        assert_eq!(error, Some("your server did not respond within 0 s"));
        assert_eq!(exchange.response().status, StatusCode::BAD_GATEWAY);
        Ok(())
    }
}
