use std::{
    error,
    time::{Duration, Instant},
};

use axum::http::{
    HeaderName, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT, VIA},
};
use reqwest::{Client, Response, Url, redirect, retry};

use crate::client::is_loopback;

use super::{headers::Headers, request::StoredRequest, response::StoredResponse};

/// Passes postbacks on to another server.
pub(super) struct Forwarder {
    client: Client,
    /// Our own name for `Via` (RFC 9110 section 7.6.3), by which a loop shows.
    pseudonym: String,
    timeout: Duration,
    url: Url,
}

/// What the other server made of a postback.
pub(super) struct Exchange {
    pub(super) duration: Duration,
    /// Its answer, or why there is none.
    pub(super) result: Result<StoredResponse, String>,
}

impl Forwarder {
    pub(super) fn new(url: Url, run: &str, timeout: Duration) -> reqwest::Result<Self> {
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .timeout(timeout);
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build()?,
            pseudonym: format!("ccpostback-{run}"),
            timeout,
            url,
        })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether an arrival was passed on from here, so that passing it on would never end.
    fn sent(&self, arrival: &StoredRequest) -> bool {
        let mut values = arrival.headers.get_all(&VIA);
        values.any(|value| {
            let mut words = value.as_bytes().split(|byte| matches!(byte, b' ' | b','));
            words.any(|word| word == self.pseudonym.as_bytes())
        })
    }

    /// Passes on the method, the body and the headers that say what it is and who sent it.
    pub(super) async fn send(&self, arrival: &StoredRequest) -> Exchange {
        let start = Instant::now();
        let result = if self.sent(arrival) {
            Err("it came back from there: does --forward lead here again?".to_owned())
        } else {
            self.exchange(arrival)
                .await
                .map_err(|error| self.reason(&error))
        };
        Exchange {
            duration: start.elapsed(),
            result,
        }
    }

    async fn exchange(&self, arrival: &StoredRequest) -> reqwest::Result<StoredResponse> {
        let mut request = self
            .client
            .request(arrival.method.clone(), self.url.clone());
        for name in PASSED_ON {
            for value in arrival.headers.get_all(&name) {
                request = request.header(&name, value);
            }
        }
        request = request.header(VIA, format!("1.1 {}", self.pseudonym));
        if !arrival.body.is_empty() {
            request = request.body(arrival.body.clone());
        }
        read(request.send().await?).await
    }

    /// In words that a person can act on. The last cause says most.
    fn reason(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            let limit = self.timeout.as_secs();
            return format!("your server did not answer within {limit} s");
        }
        let mut cause: &dyn error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        if error.is_connect() {
            format!("your server cannot be reached: {cause}")
        } else {
            format!("your server broke off: {cause}")
        }
    }
}

impl Exchange {
    /// What the sender is told.
    pub(super) fn answer(&self) -> StoredResponse {
        match &self.result {
            Ok(answer) => answer.clone(),
            Err(error) => {
                StoredResponse::fault(StatusCode::BAD_GATEWAY, &format!("not passed on: {error}"))
            }
        }
    }
}

/// The head and the first part of the body.
async fn read(mut response: Response) -> reqwest::Result<StoredResponse> {
    let mut body = Vec::new();
    let mut cut = false;
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_BODY_BYTES.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            cut = true;
            break;
        }
    }
    Ok(StoredResponse {
        body: body.into_boxed_slice().into(),
        cut,
        headers: Headers::keep(response.headers()),
        status: response.status(),
    })
}

const MAX_BODY_BYTES: usize = 64 * 1024;

/// `Content-Encoding` too, since a compressed body is not what its type says, and `Via` as others wrote
/// it, so that a loop through them ends.
const PASSED_ON: [HeaderName; 4] = [CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT, VIA];

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_never_answers() -> anyhow::Result<()> {
        let silent = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", silent.local_addr()?).parse()?;
        let forwarder = Forwarder::new(url, "run", Duration::from_millis(50))?;
        let arrival = StoredRequest::read(Request::post("/").body(Body::empty())?).await;
        let exchange = forwarder.send(&arrival).await;
        let error = exchange.result.as_ref().err().map(String::as_str);
        assert_eq!(error, Some("your server did not answer within 0 s"));
        assert_eq!(exchange.answer().status, StatusCode::BAD_GATEWAY);
        Ok(())
    }
}
