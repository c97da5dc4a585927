use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
};
use bytes::Bytes;
use cryptocloud_postback::{ErrorKind, MAX_BODY_BYTES};
use futures_util::StreamExt;
use tokio::time;

use super::headers::Headers;

/// A request as it came, as far as it is kept.
#[derive(Clone)]
pub(super) struct StoredRequest {
    pub(super) body: Bytes,
    /// What was wrong with the body, if it is not all here.
    pub(super) fault: Option<ErrorKind>,
    pub(super) headers: Headers,
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
}

impl StoredRequest {
    /// Reads the body, which is never inflated, in a time that a slow sender cannot stretch.
    pub(super) async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let mut kept = Vec::new();
        let fault = match time::timeout(LIMIT, read(body, &mut kept)).await {
            Ok(Ok(())) => None,
            Ok(Err(kind)) => Some(kind),
            Err(_) => Some(ErrorKind::BodyUnreadable),
        };
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        Self {
            body: kept.into_boxed_slice().into(),
            fault,
            headers: Headers::keep(&head.headers),
            method: head.method,
            target: target.chars().take(MAX_TARGET).collect(),
        }
    }

    pub(super) fn content_type(&self) -> Option<&[u8]> {
        self.headers.get(&CONTENT_TYPE).map(HeaderValue::as_bytes)
    }
}

/// Keeps what a postback can have, and reads on a little, so that the sender gets to the answer.
async fn read(body: Body, kept: &mut Vec<u8>) -> Result<(), ErrorKind> {
    let mut chunks = body.into_data_stream();
    let mut size = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ErrorKind::BodyUnreadable)?;
        size = size.saturating_add(chunk.len());
        let room = MAX_BODY_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if size > MAX_READ {
            break;
        }
    }
    if size > MAX_BODY_BYTES {
        Err(ErrorKind::BodyTooLarge)
    } else {
        Ok(())
    }
}

const LIMIT: Duration = Duration::from_secs(10);
const MAX_READ: usize = 16 * MAX_BODY_BYTES;
const MAX_TARGET: usize = 2048;
