use std::{convert::Infallible, io, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, de};
use serde_json::{Value, json};
use tokio::{task, time};

use crate::calls;

/// What happens to a call instead of a good response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The call has its effect, and the response ends in the middle of its body.
    Cut,
    /// The connection is closed without a response.
    Down,
    /// This response, without a `Content-Length`: see [`respond`](Self::respond).
    Respond(StatusCode, HeaderMap, Bytes),
    /// The call waits for so long.
    Slow(Duration),
}

impl Fault {
    /// The vendor's error with this status.
    ///
    /// # Panics
    ///
    /// Panics if the status is not from 100 to 999.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let result = match status {
            401 => calls::unauthorized(),
            _ => json!({ "error": "a fault on request" }),
        };
        let body = json!({ "status": "error", "result": result });
        Self::respond(status, body.to_string())
    }

    /// A response with this status and body, as JSON unless [`header`](Self::header) says otherwise.
    ///
    /// # Panics
    ///
    /// Panics if the status is not from 100 to 999.
    #[must_use]
    pub fn respond(status: u16, body: impl Into<Bytes>) -> Self {
        let status = StatusCode::from_u16(status).expect("a status is from 100 to 999");
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        Self::Respond(status, headers, body.into())
    }

    /// Sets a header, if the fault is a response.
    ///
    /// # Panics
    ///
    /// Panics if this is no header, or its name is not in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Respond(_, headers, _) = &mut self {
            let value = HeaderValue::from_str(value).expect("a header has a valid value");
            headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The response, if `good` would be the good one.
    pub(crate) async fn response(self, good: impl FnOnce() -> Response) -> Response {
        match self {
            Self::Cut => cut(good()).await,
            Self::Down => broken([]),
            Self::Respond(status, headers, body) => {
                // Without its length, so that a client has to count.
                let body = stream::iter([Ok::<_, Infallible>(body)]);
                (status, headers, Body::from_stream(body)).into_response()
            }
            Self::Slow(duration) => {
                time::sleep(duration).await;
                good()
            }
        }
    }
}

/// Parses a fault, and how many calls meet it.
pub(crate) fn parse(json: &str) -> serde_json::Result<(Fault, u64)> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Json {
        status: Value,
        count: Option<u64>,
        retry_after: Option<u64>,
        seconds: Option<u64>,
    }
    let json: Json = serde_json::from_str(json)?;
    let status = json.status.as_u64().and_then(|code| code.try_into().ok());
    let mut fault = match (json.status.as_str(), status) {
        (Some("cut"), _) => Fault::Cut,
        (Some("down"), _) => Fault::Down,
        (Some("slow"), _) => Fault::Slow(json.seconds.map_or(SLOW, Duration::from_secs)),
        (_, Some(status @ 400..=999)) => Fault::status(status),
        _ => {
            let problem = "status is neither from 400 to 999 nor slow, cut or down";
            return Err(de::Error::custom(problem));
        }
    };
    if let Some(seconds) = json.retry_after {
        fault = fault.header("retry-after", &seconds.to_string());
    }
    Ok((fault, json.count.unwrap_or(1)))
}

/// The response with the first half of its body.
async fn cut(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    Response::from_parts(head, broken([body.slice(..body.len() / 2)]).into_body())
}

/// Writes these bytes, and breaks the connection. Without any, not even the head is written.
fn broken<const N: usize>(parts: [Bytes; N]) -> Response {
    let end = stream::once(async {
        if N > 0 {
            // The server writes what it has before it looks for more.
            task::yield_now().await;
        }
        Err(io::Error::other("a fault on request"))
    });
    Body::from_stream(stream::iter(parts).map(Ok).chain(end)).into_response()
}

/// Longer than most clients wait.
const SLOW: Duration = Duration::from_secs(30);
