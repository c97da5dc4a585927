use std::time::Duration;

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::header,
    rt,
    web::{Bytes, BytesMut},
};
use cryptocloud_postback::{Error, ErrorKind, RequestHead, Unverified};
use futures_util::StreamExt;
use tokio::time::{self, Instant};

use crate::PostbackConfig;

/// Checks the head of a request and reads its raw body: actix-web's own extractors would inflate it.
///
/// `ready` says whether the app is configured; a fault in it refuses the request.
pub(crate) async fn receive<T>(
    request: &HttpRequest,
    mut payload: Payload,
    config: &PostbackConfig,
    ready: Result<T, ErrorKind>,
) -> Result<(Unverified, T), Error> {
    let deadline = Deadline::after(config.body_timeout);
    let headers = request.headers().iter();
    let checked = RequestHead::check(
        request.method().as_str(),
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
    )
    .and_then(|head| match ready {
        Ok(ready) => Ok((head, ready)),
        Err(kind) => Err(head.refuse(kind)),
    });
    let (head, ready) = match checked {
        Ok(checked) => checked,
        Err(error) => {
            discard(request, payload, deadline).await;
            return Err(error);
        }
    };
    let read = deadline.run(read(&mut payload, config.limit)).await;
    match read.unwrap_or(Err(ErrorKind::BodyTimeout)) {
        Ok(bytes) => Ok((head.body(bytes)?, ready)),
        Err(kind) => {
            let error = head.refuse(kind);
            discard(request, payload, deadline).await;
            Err(error)
        }
    }
}

/// Copies the body into one buffer, so that its chunks and the server's buffers are freed at once.
async fn read(payload: &mut Payload, limit: usize) -> Result<Bytes, ErrorKind> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ErrorKind::BodyUnreadable)?;
        if chunk.len() > limit.saturating_sub(bytes.len()) {
            return Err(ErrorKind::BodyTooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Reads and drops the rest of a refused body, or has the connection closed if it is too long or too
/// slow.
///
/// A server closes the connection if a body is left unread. A sender that is still writing then gets
/// a reset and may never see the response; actix-web alone waits for it for a second only.
async fn discard(request: &HttpRequest, mut payload: Payload, deadline: Deadline) {
    let is_at_its_end = async {
        if announced(request).is_some_and(|length| length > MAX_DROPPED_BYTES) {
            return false;
        }
        let mut dropped = 0;
        while dropped < MAX_DROPPED_BYTES {
            let Some(Ok(chunk)) = payload.next().await else {
                return true;
            };
            dropped = dropped.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
        false
    };
    if deadline.run(is_at_its_end).await != Some(true) && matches!(payload, Payload::H1 { .. }) {
        // If a chunked body is dropped before the response is sent, actix-web reads on without a
        // deadline. If it is still held then, actix-web closes the connection, which ends the stream.
        rt::spawn(async move {
            let end = async { while let Some(Ok(_)) = payload.next().await {} };
            let _ = time::timeout(RESPONSE_TIME, end).await;
        });
    }
}

fn announced(request: &HttpRequest) -> Option<u64> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// When the body has to be complete.
#[derive(Clone, Copy)]
struct Deadline(Option<Instant>);

impl Deadline {
    fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// `None` if the deadline comes first.
    async fn run<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            Some(deadline) => time::timeout_at(deadline, work).await.ok(),
            None => Some(work.await),
        }
    }
}

/// How much of a body is read at most only to be dropped.
const MAX_DROPPED_BYTES: u64 = 256 * 1024;

/// By then the response to a refused request is sent.
const RESPONSE_TIME: Duration = Duration::from_secs(10);
