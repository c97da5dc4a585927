use std::{error::Error, time::Duration};

use axum::{
    body::to_bytes,
    http::{HeaderMap, HeaderName, Request, header::CONTENT_TYPE},
};
use bytes::Bytes;
use cryptocloud_postback::{ErrorKind, MAX_BODY_BYTES};
use http_body_util::LengthLimitError;
use tokio::time;

/// A request with its body, or why there is none.
pub(super) type Received = Request<Result<Bytes, ErrorKind>>;

/// Reads the body within limits, and never decompresses it.
pub(super) async fn read(request: axum::extract::Request) -> Received {
    let (mut head, body) = request.into_parts();
    // They hold on to the connection.
    head.extensions.clear();
    if let Some(target) = head.uri.path_and_query() {
        head.uri = target.clone().into();
    }
    let body = match time::timeout(TIMEOUT, to_bytes(body, MAX_READ_BYTES)).await {
        Ok(Ok(body)) if body.len() <= MAX_BODY_BYTES => Ok(body),
        Ok(Ok(_)) => Err(ErrorKind::BodyTooLarge),
        Ok(Err(error)) => Err(match error.source() {
            Some(source) if source.is::<LengthLimitError>() => ErrorKind::BodyTooLarge,
            _ => ErrorKind::BodyUnreadable,
        }),
        Err(_) => Err(ErrorKind::BodyTimeout),
    };
    Request::from_parts(head, body)
}

pub(super) fn content_type(headers: &HeaderMap) -> Option<&[u8]> {
    Some(headers.get(CONTENT_TYPE)?.as_bytes())
}

/// Whether the values of this header are never shown.
pub(super) fn is_credential(name: &HeaderName) -> bool {
    let words = ["api-key", "authorization", "cookie", "secret", "token"];
    words.iter().any(|word| name.as_str().contains(word))
}

/// A sender that is cut off earlier would not see the response.
const MAX_READ_BYTES: usize = 16 * MAX_BODY_BYTES;
const TIMEOUT: Duration = Duration::from_secs(10);
