use std::time::Duration;

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::header,
    rt,
    web::{Bytes, BytesMut},
};
use cryptocloud_postback::{Error, ErrorKind, RequestHead, Unverified, Verifier};
use futures_util::StreamExt;
use tokio::time;

use crate::PostbackConfig;

/// Checks the head of a request and reads its raw body: actix-web's own extractors would inflate it.
///
/// `V` is a verifier or none: what is refused names its project.
/// If the app is not configured, `verifier` is why, and it refuses what passed the checks of the head.
pub(crate) async fn receive<'v, V: Copy + Into<Option<&'v Verifier>>>(
    request: &HttpRequest,
    mut payload: Payload,
    config: &PostbackConfig,
    verifier: Result<V, ErrorKind>,
) -> Result<(Unverified, V), Error> {
    let head = check_head(request, verifier);
    let mut outcome = Err(ErrorKind::BodyTimeout);
    let mut is_at_its_end = false;
    within(config.body_timeout, async {
        if head.is_ok() {
            outcome = read(&mut payload, config.limit).await;
        }
        is_at_its_end = outcome.is_ok() || drop_rest(request, &mut payload).await;
    })
    .await;
    if !is_at_its_end {
        hold(payload);
    }
    let (head, verifier) = head?;
    match outcome {
        Ok(bytes) => Ok((head.body(bytes)?, verifier)),
        Err(kind) => Err(head.refuse(kind)),
    }
}

/// Reads and drops the body of a request that is refused for another reason than its content.
#[cfg(feature = "projects")]
pub(crate) async fn discard(request: &HttpRequest, mut payload: Payload, config: &PostbackConfig) {
    let mut is_at_its_end = false;
    within(config.body_timeout, async {
        is_at_its_end = drop_rest(request, &mut payload).await;
    })
    .await;
    if !is_at_its_end {
        hold(payload);
    }
}

/// Holds the rest of a body until the response is sent.
///
/// If a chunked body is dropped before that, actix-web reads on without a deadline. If it is still
/// held then, actix-web closes the connection, which ends the stream.
fn hold(mut payload: Payload) {
    if matches!(payload, Payload::H1 { .. }) {
        rt::spawn(async move {
            let end = async { while let Some(Ok(_)) = payload.next().await {} };
            within(Some(RESPONSE_TIME), end).await;
        });
    }
}

pub(crate) fn check_head<'v, V: Copy + Into<Option<&'v Verifier>>>(
    request: &HttpRequest,
    verifier: Result<V, ErrorKind>,
) -> Result<(RequestHead, V), Error> {
    let method = request.method().as_str();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    let head = match verifier.ok().and_then(V::into) {
        Some(verifier) => verifier.check_head(method, headers),
        None => RequestHead::check(method, headers),
    }?;
    match verifier {
        Ok(verifier) => Ok((head, verifier)),
        Err(kind) => Err(head.refuse(kind)),
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

/// Reads and drops the rest of a refused body, and returns `false` if it is too long.
///
/// A server closes the connection if a body is left unread. A sender that is still writing then gets
/// a reset and may never see the response; actix-web alone waits for it for a second only.
async fn drop_rest(request: &HttpRequest, payload: &mut Payload) -> bool {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_DROPPED_BYTES) {
        return false;
    }
    let mut dropped = 0_u64;
    while dropped < MAX_DROPPED_BYTES {
        let Some(Ok(chunk)) = payload.next().await else {
            return true;
        };
        dropped = dropped.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    }
    false
}

/// Drops the work at the deadline, if there is one.
async fn within(timeout: Option<Duration>, work: impl Future<Output = ()>) {
    match timeout {
        Some(timeout) => drop(time::timeout(timeout, work).await),
        None => work.await,
    }
}

/// How much of a body is read at most only to be dropped.
const MAX_DROPPED_BYTES: u64 = 256 * 1024;

/// By then the response to a refused request is sent.
const RESPONSE_TIME: Duration = Duration::from_secs(10);
