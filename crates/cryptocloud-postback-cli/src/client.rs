//! HTTP as the vendor's sender speaks it.

use std::{
    convert::Infallible,
    error, iter,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{
    ClientBuilder, Method, StatusCode, Url,
    header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION},
    redirect,
};
use tokio::time;

/// Sends to one URL.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    client: reqwest::Client,
    timeout: Duration,
    url: Url,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) content_type: &'static str,
    pub(crate) content_encoding: Option<&'static str>,
    pub(crate) body: Body,
}

impl Request {
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
    /// The first, and then another so many times, without a length in front.
    Chunked(Bytes, Bytes, usize),
    Whole(Bytes),
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) elapsed: Duration,
    /// The start of the body.
    pub(crate) body: String,
    pub(crate) is_cut: bool,
    pub(crate) location: Option<String>,
}

/// Why nothing came back.
#[derive(Clone, Debug)]
pub(crate) struct SendError {
    pub(crate) fault: SendErrorKind,
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SendErrorKind {
    /// The endpoint closed the connection.
    Closed,
    /// Nothing came in time.
    Silent,
    /// There was no connection.
    Unreachable,
}

impl Client {
    pub(crate) fn new(url: Url, timeout: Duration) -> anyhow::Result<Self> {
        Self::with(reqwest::Client::builder(), url, timeout)
    }

    /// One connection for each request, since an attack may leave one that is about to be closed.
    pub(crate) fn without_reuse(url: Url, timeout: Duration) -> anyhow::Result<Self> {
        let builder = reqwest::Client::builder().pool_max_idle_per_host(0);
        Self::with(builder, url, timeout)
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

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
        let start = Instant::now();
        let mut response = builder.send().await.map_err(|error| self.fault(&error))?;
        let mut body = Vec::new();
        let mut is_cut = false;
        while !is_cut {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status came, and that is what counts.
                Err(_) => is_cut = true,
            }
            is_cut |= body.len() > MAX_SHOWN_BYTES;
        }
        body.truncate(MAX_SHOWN_BYTES);
        let location = response.headers().get(LOCATION);
        Ok(Response {
            status: response.status(),
            elapsed: start.elapsed(),
            body: String::from_utf8_lossy(&body).into_owned(),
            is_cut,
            location: location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        })
    }

    fn with(builder: ClientBuilder, url: Url, timeout: Duration) -> anyhow::Result<Self> {
        let mut builder = builder
            .user_agent("Cryptocloud POSTBACK v2")
            // A redirect loses the body: it is a fault to show, and not to follow.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(timeout);
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().context("cannot set up HTTP")?,
            timeout,
            url,
        })
    }

    /// The last cause says most; those above it repeat one another.
    fn fault(&self, error: &reqwest::Error) -> SendError {
        let mut last: &dyn error::Error = error;
        while let Some(source) = last.source() {
            last = source;
        }
        let (fault, reason) = if error.is_timeout() {
            let seconds = self.timeout.as_secs();
            (
                SendErrorKind::Silent,
                format!("no answer within {seconds} s"),
            )
        } else if error.is_connect() {
            (SendErrorKind::Unreachable, last.to_string())
        } else {
            (SendErrorKind::Closed, last.to_string())
        };
        SendError { fault, reason }
    }
}

/// An endpoint's URL, for clap.
pub(crate) fn url(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text)?;
    if !matches!(url.scheme(), "http" | "https") {
        bail!("it starts neither with http:// nor with https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the vendor sends no user name and password");
    }
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback()),
        None => false,
    }
}

/// With pauses: an endpoint that has seen enough answers and closes, and that answer is lost to one
/// who is just writing. Limits are near the start, so there they are long.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<bool>) {
        let actual = url(text).ok().map(|url| is_loopback(&url));
        assert_eq!(actual, expected, "{text}");
    }

    #[test]
    fn urls() {
        check("http://localhost:1/x", Some(true));
        check("http://127.8.9.1/", Some(true));
        check("http://[::1]:80/", Some(true));
        check("https://example.com/", Some(false));
        check("https://127.0.0.1.example.com/", Some(false));
        check("ftp://localhost/", None);
        check("http://user:password@localhost/", None);
        check("localhost:3000", None);
        check("", None);
    }
}
