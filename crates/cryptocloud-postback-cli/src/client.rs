//! An HTTP client that sends as the vendor does.

use std::{
    convert::Infallible,
    error, iter,
    time::{Duration, Instant},
};

use anyhow::Context;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{
    ClientBuilder, Method, StatusCode, Url,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER},
    redirect, retry,
};
use tokio::time;

use crate::endpoint::is_loopback;
pub(crate) use crate::endpoint::{header, url};

/// Sends requests to one URL.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    client: reqwest::Client,
    /// Sent with each request, instead of its own of the same name.
    pub(crate) headers: HeaderMap,
    timeout: Duration,
    url: Url,
}

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) content_type: &'static str,
    pub(crate) content_encoding: Option<&'static str>,
    pub(crate) body: Body,
}

impl Request {
    /// A `POST` request.
    pub(crate) fn post(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            content_type,
            content_encoding: None,
            body: Body::Whole(body.into()),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// The first chunk, then the second one repeated this many times, without a `Content-Length`.
    Chunked(Bytes, Bytes, usize),
    Whole(Bytes),
}

/// The response to a request.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status.
    pub(crate) status: StatusCode,
    pub(crate) elapsed: Duration,
    /// The start of the body.
    pub(crate) body: String,
    pub(crate) truncated: bool,
    pub(crate) location: Option<String>,
    /// How long to wait before another request, if the response says so.
    pub(crate) retry_after: Option<Duration>,
}

impl Response {
    pub(crate) fn is_success(&self) -> bool {
        self.status.is_success()
    }
}

/// Why there is no response.
#[derive(Clone, Debug)]
pub(crate) struct SendError {
    pub(crate) kind: SendErrorKind,
    /// In words, for an operator.
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SendErrorKind {
    /// The endpoint closed the connection.
    Closed,
    /// No response arrived in time.
    TimedOut,
    /// No connection could be made.
    Unreachable,
}

impl Client {
    /// Sends to this URL, and waits up to this time for a response.
    ///
    /// # Errors
    ///
    /// Returns an error if HTTP cannot be set up.
    pub(crate) fn new(url: Url, timeout: Duration) -> anyhow::Result<Self> {
        Self::build(builder(&url, timeout), url, timeout)
    }

    /// Opens a connection for each request, since an endpoint may close one after an attack.
    pub(crate) fn without_reuse(url: Url, timeout: Duration) -> anyhow::Result<Self> {
        Self::build(
            builder(&url, timeout).pool_max_idle_per_host(0),
            url,
            timeout,
        )
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no response.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, SendError> {
        let mut builder = self
            .client
            .request(request.method, self.url.clone())
            .header(CONTENT_TYPE, request.content_type)
            .body(match request.body {
                Body::Chunked(first, chunk, count) => chunked(first, chunk, count),
                Body::Whole(body) => body.into(),
            });
        if let Some(encoding) = request.content_encoding {
            builder = builder.header(CONTENT_ENCODING, encoding);
        }
        builder = builder.headers(self.headers.clone());
        let start = Instant::now();
        let mut response = builder.send().await.map_err(|error| self.error(&error))?;
        let mut body = Vec::new();
        let mut truncated = false;
        while !truncated {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status arrived, and that is what counts.
                Err(_) => truncated = true,
            }
            truncated |= body.len() > MAX_SHOWN_BYTES;
        }
        body.truncate(MAX_SHOWN_BYTES);
        let location = response.headers().get(LOCATION);
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Response {
            status: response.status(),
            elapsed: start.elapsed(),
            body: String::from_utf8_lossy(&body).into_owned(),
            truncated,
            location: location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    fn build(builder: ClientBuilder, url: Url, timeout: Duration) -> anyhow::Result<Self> {
        let builder = builder.user_agent("Cryptocloud POSTBACK v2");
        Ok(Self {
            client: builder.build().context("cannot set up HTTP")?,
            headers: HeaderMap::new(),
            timeout,
            url,
        })
    }

    fn error(&self, error: &reqwest::Error) -> SendError {
        if error.is_timeout() {
            let seconds = self.timeout.as_secs();
            return SendError {
                kind: SendErrorKind::TimedOut,
                reason: format!("no response within {seconds} s"),
            };
        }
        let kind = if error.is_connect() {
            SendErrorKind::Unreachable
        } else {
            SendErrorKind::Closed
        };
        let cause = root_cause(error);
        let reason = if error.is_connect() && self.url.scheme() == "https" {
            format!("{cause} (if the server does not speak TLS, use http:// in the URL)")
        } else {
            cause
        };
        SendError { kind, reason }
    }
}

/// The settings of every client: no redirects, no retries, and no proxy for this machine.
pub(crate) fn builder(url: &Url, timeout: Duration) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        // Following a redirect would lose the body, so it is shown as a mistake instead.
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .timeout(timeout);
    if is_loopback(url) {
        builder.no_proxy()
    } else {
        builder
    }
}

/// The last cause is the most specific; those above it repeat each other.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Pauses between chunks: an endpoint that refuses early responds and closes, and a sender that is
/// still writing would lose that response. Limits are near the start, so the first pauses are longer.
fn chunked(first: Bytes, chunk: Bytes, count: usize) -> reqwest::Body {
    let chunks = iter::once(first).chain(iter::repeat_n(chunk, count));
    let chunks = stream::iter(chunks.enumerate()).then(async |(index, chunk)| {
        let pause = if index < 10 { 20 } else { 1 };
        time::sleep(Duration::from_millis(pause)).await;
        Ok::<_, Infallible>(chunk)
    });
    reqwest::Body::wrap_stream(chunks.boxed())
}

const MAX_SHOWN_BYTES: usize = 2_000;
