use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
};
use bytes::Bytes;
use cryptocloud_postback::{Error, ErrorKind, MAX_BODY_BYTES, RequestHead, Unverified};
use futures_util::StreamExt;
use tokio::time;

use super::headers::Headers;

/// A request as it arrived, within limits.
#[derive(Clone)]
pub(super) struct StoredRequest {
    pub(super) body: Bytes,
    /// Why the body is incomplete, if it is.
    pub(super) body_error: Option<ErrorKind>,
    pub(super) headers: Headers,
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
}

impl StoredRequest {
    /// Reads the body with a deadline, and never decompresses it.
    pub(super) async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let mut kept = Vec::new();
        let body_error = match time::timeout(TIMEOUT, read(body, &mut kept)).await {
            Ok(Ok(())) => None,
            Ok(Err(kind)) => Some(kind),
            Err(_) => Some(ErrorKind::BodyTimeout),
        };
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        Self {
            body: kept.into_boxed_slice().into(),
            body_error,
            headers: Headers::keep(&head.headers),
            method: head.method,
            target: target.chars().take(MAX_TARGET_CHARS).collect(),
        }
    }

    /// The body, if the method and headers pass the checks of the adapters.
    pub(super) fn unverified(&self) -> Result<Unverified, Error> {
        let headers = self.headers.iter();
        let head = RequestHead::check(
            self.method.as_str(),
            headers.filter_map(|(name, value)| Some((name.as_str(), value?.as_bytes()))),
        )?;
        match self.body_error {
            Some(kind) => Err(head.refuse(kind)),
            None => head.body(self.body.clone()),
        }
    }

    pub(super) fn content_type(&self) -> Option<&[u8]> {
        self.headers.get(&CONTENT_TYPE).map(HeaderValue::as_bytes)
    }
}

/// Keeps up to [`MAX_BODY_BYTES`], and reads on up to [`MAX_READ_BYTES`], so that the sender sees the
/// response.
async fn read(body: Body, kept: &mut Vec<u8>) -> Result<(), ErrorKind> {
    let mut chunks = body.into_data_stream();
    let mut size = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ErrorKind::BodyUnreadable)?;
        size = size.saturating_add(chunk.len());
        let room = MAX_BODY_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if size > MAX_READ_BYTES {
            break;
        }
    }
    if size > MAX_BODY_BYTES {
        Err(ErrorKind::BodyTooLarge)
    } else {
        Ok(())
    }
}

const MAX_READ_BYTES: usize = 16 * MAX_BODY_BYTES;
const MAX_TARGET_CHARS: usize = 2048;
const TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// The clock jumps to the deadline, since nothing else is left to wait for.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_times_out() -> anyhow::Result<()> {
        let start = stream::iter([anyhow::Ok("{")]);
        let body = Body::from_stream(start.chain(stream::pending()));
        let stored = StoredRequest::read(Request::post("/").body(body)?).await;
        assert_eq!(stored.body, "{");
        let refused = stored.unverified().map_err(|error| error.kind());
        assert_eq!(refused.err(), Some(ErrorKind::BodyTimeout));
        Ok(())
    }
}
