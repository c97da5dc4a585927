//! An HTTP client that sends as the vendor does.

use std::{
    convert::Infallible,
    net::IpAddr,
    time::{Duration, Instant},
};

use anyhow::{Chain, Context, bail};
use bytes::Bytes;
use futures_util::stream;
use reqwest::{
    ClientBuilder, Method, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
    redirect, retry,
};

/// Sends requests to one URL.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    client: reqwest::Client,
    /// Sent with each request, instead of its own of the same name.
    pub(crate) headers: HeaderMap,
    timeout: Duration,
    pub(crate) url: Url,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    /// Whether the body is sent in chunks, without a `Content-Length`.
    pub(crate) is_chunked: bool,
}

impl Request {
    pub(crate) fn post(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            content_type,
            body: body.into(),
            is_chunked: false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) elapsed: Duration,
    /// The start of the body.
    pub(crate) body: String,
    pub(crate) truncated: bool,
    pub(crate) location: Option<String>,
}

impl Client {
    pub(crate) fn new(url: Url, timeout: Duration) -> anyhow::Result<Self> {
        let client = builder(&url, timeout).user_agent("Cryptocloud POSTBACK v2");
        Ok(Self {
            client: client.build().context("cannot set up HTTP")?,
            headers: HeaderMap::new(),
            timeout,
            url,
        })
    }

    /// Sends a request. An error says why there is no response, in words for an operator.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, String> {
        let body = if request.is_chunked {
            reqwest::Body::wrap_stream(stream::iter([Ok::<_, Infallible>(request.body)]))
        } else {
            request.body.into()
        };
        let builder = self
            .client
            .request(request.method, self.url.clone())
            .header(CONTENT_TYPE, request.content_type)
            .headers(self.headers.clone())
            .body(body);
        let start = Instant::now();
        let mut response = builder.send().await.map_err(|error| self.error(&error))?;
        let mut body = Vec::new();
        let mut truncated = true;
        while body.len() <= MAX_SHOWN_BYTES {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                // If the rest is lost, the status arrived, and that is what counts.
                end => {
                    truncated = end.is_err();
                    break;
                }
            }
        }
        body.truncate(MAX_SHOWN_BYTES);
        let location = response.headers().get(LOCATION);
        Ok(Response {
            status: response.status(),
            elapsed: start.elapsed(),
            body: String::from_utf8_lossy(&body).into_owned(),
            truncated,
            location: location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        })
    }

    fn error(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            format!("no response within {} s", self.timeout.as_secs())
        } else if error.is_connect() && self.url.scheme() == "https" {
            let cause = root_cause(error);
            format!("{cause} (if the server does not speak TLS, use http:// in the URL)")
        } else {
            root_cause(error)
        }
    }
}

/// The settings of every client: no redirects, no retries, and no proxy for this machine.
pub(crate) fn builder(url: &Url, timeout: Duration) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        // Following a redirect would lose the body, so it is shown as a mistake instead.
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .timeout(timeout);
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse();
    if host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback()) {
        builder.no_proxy()
    } else {
        builder
    }
}

/// The last cause is the most specific; those above it repeat each other.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let cause = Chain::new(error).last();
    cause.map(ToString::to_string).unwrap_or_default()
}

/// Parses a URL, for clap.
pub(crate) fn url(text: &str) -> anyhow::Result<Url> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        bail!("the URL must start with http:// or https://, as in http://127.0.0.1:3000/postback");
    }
    let url = Url::parse(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the URL must not contain a user name or password, since the vendor sends none");
    }
    Ok(url)
}

/// Parses a header, for clap.
pub(crate) fn header(text: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = text.split_once(':').context("write 'Name: value'")?;
    let mut value: HeaderValue = value.trim().parse()?;
    // It may be a password.
    value.set_sensitive(true);
    Ok((name.trim().parse()?, value))
}

const MAX_SHOWN_BYTES: usize = 2_000;
