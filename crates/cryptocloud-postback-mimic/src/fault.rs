//! Faults on request, for the vendor's calls alone.

use std::{
    io,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Deserializer, de};
use serde_json::json;
use tokio::{task, time};

use super::{calls, mimic::Mimic};
use crate::guard;

/// What happens to the next calls.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    status: Kind,
    /// How many calls are left.
    #[serde(default = "one")]
    count: u64,
    /// In seconds, with a status.
    retry_after: Option<u64>,
    /// How long `slow` waits.
    seconds: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The response ends in the middle.
    Cut,
    /// The connection is closed without a response.
    Down,
    Slow,
    Status(StatusCode),
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        match (value.as_str(), status) {
            (Some("cut"), _) => Ok(Self::Cut),
            (Some("down"), _) => Ok(Self::Down),
            (Some("slow"), _) => Ok(Self::Slow),
            (_, Some(status)) if status.as_u16() >= 400 => Ok(Self::Status(status)),
            _ => Err(de::Error::custom(
                "status is neither from 400 to 999 nor slow, cut or down",
            )),
        }
    }
}

/// Parses the JSON of `--fault` and of `POST /faults`.
pub(super) fn parse(json: &str) -> Result<Fault, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// `POST /faults`
pub(super) async fn set(State(mimic): State<Arc<Mimic>>, body: String) -> Response {
    match parse(&body) {
        Ok(fault) => {
            *slot(&mimic) = Some(fault);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(problem) => guard::error(StatusCode::BAD_REQUEST, &problem),
    }
}

/// `DELETE /faults`
pub(super) async fn clear(State(mimic): State<Arc<Mimic>>) -> StatusCode {
    *slot(&mimic) = None;
    StatusCode::NO_CONTENT
}

/// Lets a call meet the fault, if there is one.
pub(super) async fn apply(
    State(mimic): State<Arc<Mimic>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(fault) = take(&mimic) else {
        return next.run(request).await;
    };
    match fault.status {
        Kind::Cut => cut(next.run(request).await).await,
        Kind::Down => broken([]),
        Kind::Slow => {
            time::sleep(Duration::from_secs(fault.seconds.unwrap_or(SLOW))).await;
            next.run(request).await
        }
        Kind::Status(status) => {
            let mut response = if status == StatusCode::UNAUTHORIZED {
                calls::unauthorized()
            } else {
                calls::failed(status, json!({ "error": status.canonical_reason() }))
            };
            if let Some(seconds) = fault.retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

/// The fault of this call, and one call fewer for the next.
fn take(mimic: &Mimic) -> Option<Fault> {
    let mut slot = slot(mimic);
    let fault = (*slot)?;
    let count = fault.count.checked_sub(1)?;
    *slot = Some(Fault { count, ..fault });
    Some(fault)
}

fn slot(mimic: &Mimic) -> MutexGuard<'_, Option<Fault>> {
    mimic.fault.lock().unwrap_or_else(PoisonError::into_inner)
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

fn one() -> u64 {
    1
}

/// Longer than most clients wait, in seconds.
const SLOW: u64 = 30;
