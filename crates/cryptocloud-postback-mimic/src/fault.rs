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
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{task, time};

use crate::calls;

/// What happens to a call instead of a good response.
///
/// As JSON, for `POST /faults`: `{"status": 429, "retry_after": 5, "count": 3}`.
/// The status is from 400 to 999, or `cut`, `down` or `slow`, which waits for `seconds`; `count`
/// defaults to one call.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Json")]
pub struct Fault {
    kind: Kind,
    /// How many calls are left.
    pub(crate) count: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    Cut,
    Down,
    Respond(StatusCode, HeaderMap, Bytes),
    Slow(Duration),
}

impl Fault {
    /// The response ends in the middle of its body. The call has had its effect.
    #[must_use]
    pub fn cut() -> Self {
        Kind::Cut.into()
    }

    /// The connection is closed without a response.
    #[must_use]
    pub fn down() -> Self {
        Kind::Down.into()
    }

    /// The response comes after this time.
    #[must_use]
    pub fn slow(time: Duration) -> Self {
        Kind::Slow(time).into()
    }

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
        Kind::Respond(status, headers, body.into()).into()
    }

    /// Lasts for so many calls. Defaults to one, and is at least that.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { count, ..self }
    }

    /// Sets a header, if the fault is a response.
    ///
    /// # Panics
    ///
    /// Panics if this is no header, or its name is not in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Kind::Respond(_, headers, _) = &mut self.kind {
            let value = HeaderValue::from_str(value).expect("a header has a valid value");
            headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The response, if `good` would be the good one.
    pub(crate) async fn response(self, good: impl FnOnce() -> Response) -> Response {
        match self.kind {
            Kind::Cut => cut(good()).await,
            Kind::Down => broken([]),
            Kind::Respond(status, headers, body) => {
                // Without its length, so that a client has to count.
                let body = stream::iter([Ok::<_, Infallible>(body)]);
                (status, headers, Body::from_stream(body)).into_response()
            }
            Kind::Slow(duration) => {
                time::sleep(duration).await;
                good()
            }
        }
    }
}

impl From<Kind> for Fault {
    fn from(kind: Kind) -> Self {
        Self { kind, count: 1 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    status: Value,
    count: Option<u64>,
    retry_after: Option<u64>,
    seconds: Option<u64>,
}

impl TryFrom<Json> for Fault {
    type Error = &'static str;

    fn try_from(json: Json) -> Result<Self, &'static str> {
        let status = json.status.as_u64().and_then(|code| code.try_into().ok());
        let mut fault = match (json.status.as_str(), status) {
            (Some("cut"), _) => Self::cut(),
            (Some("down"), _) => Self::down(),
            (Some("slow"), _) => Self::slow(json.seconds.map_or(SLOW, Duration::from_secs)),
            (_, Some(status @ 400..=999)) => Self::status(status),
            _ => return Err("status is neither from 400 to 999 nor slow, cut or down"),
        };
        if let Some(seconds) = json.retry_after {
            fault = fault.header("retry-after", &seconds.to_string());
        }
        Ok(fault.times(json.count.unwrap_or(1)))
    }
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
