use std::{
    error, iter, mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum_core::{RequestExt, body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
use cryptocloud_postback::{Error, ErrorKind, RequestHead, Unverified, Verifier};
use http::header;
use http_body_util::{BodyExt, LengthLimitError};
use tokio::time;

use crate::PostbackConfig;

/// Checks the head of a request and reads its body, which is taken out of it.
///
/// What is refused names the project of the verifier, if that is known.
pub(crate) async fn receive(
    request: &mut Request,
    verifier: Option<&Verifier>,
) -> Result<Unverified, Error> {
    let config = PostbackConfig::of(request.extensions());
    let head = check_head(request, verifier);
    // A refused sender that waits for `100 Continue` sends nothing that would have to be dropped.
    let is_silent = head.is_err() && request.headers().contains_key(header::EXPECT);
    let mut body = Counted::take(request);
    let mut outcome = Err(ErrorKind::BodyTimeout);
    within(config.body_timeout, async {
        if head.is_ok() {
            outcome = body.read(config.limit).await;
        }
        if outcome.is_err() && !is_silent {
            body.drop_rest().await;
        }
    })
    .await;
    let head = head?;
    match outcome {
        Ok(bytes) => head.body(bytes),
        Err(kind) => Err(head.refuse(kind)),
    }
}

/// Reads and drops the body of a request that is refused for another reason than its content.
#[cfg(feature = "projects")]
pub(crate) async fn discard(mut request: Request) {
    let config = PostbackConfig::of(request.extensions());
    // Such a sender sends nothing that would have to be dropped.
    if !request.headers().contains_key(header::EXPECT) {
        let mut body = Counted::take(&mut request);
        within(config.body_timeout, body.drop_rest()).await;
    }
}

pub(crate) fn check_head(
    request: &Request,
    verifier: Option<&Verifier>,
) -> Result<RequestHead, Error> {
    let method = request.method().as_str();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    match verifier {
        Some(verifier) => verifier.check_head(method, headers),
        None => RequestHead::check(method, headers),
    }
}

/// A body within the app's own limit, which hides how long a frame is that it refuses.
struct Counted {
    body: Body,
    /// How many bytes arrived.
    count: Arc<AtomicU64>,
    /// Whether `Content-Length` announces more than is read and dropped.
    is_too_long: bool,
}

impl Counted {
    fn take(request: &mut Request) -> Self {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
        let is_too_long = announced.is_some_and(|length: u64| length > MAX_DROPPED_BYTES);
        let count = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&count);
        let counted = mem::take(request.body_mut()).map_frame(move |frame| {
            let length = frame.data_ref().map_or(0, Bytes::len);
            counter.fetch_add(u64::try_from(length).unwrap_or(u64::MAX), Ordering::Relaxed);
            frame
        });
        *request.body_mut() = Body::new(counted);
        *request = mem::take(request).with_limited_body();
        Self {
            body: mem::take(request.body_mut()),
            count,
            is_too_long,
        }
    }

    /// Copies the body into one buffer, so that its chunks and the server's buffers are freed at
    /// once.
    async fn read(&mut self, limit: usize) -> Result<Bytes, ErrorKind> {
        let mut bytes = BytesMut::new();
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                if is_over_limit(&error) {
                    ErrorKind::BodyTooLarge
                } else {
                    ErrorKind::BodyUnreadable
                }
            })?;
            let data = frame.data_ref().map_or(&[][..], |data| data);
            if data.len() > limit.saturating_sub(bytes.len()) {
                return Err(ErrorKind::BodyTooLarge);
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes.freeze())
    }

    /// Reads and drops the rest of a refused body, unless it is too long.
    ///
    /// hyper closes the connection if a body is left unread. A sender that is still writing then
    /// gets a reset and may never see the response.
    async fn drop_rest(&mut self) {
        let count = || self.count.load(Ordering::Relaxed);
        let end = count().saturating_add(MAX_DROPPED_BYTES);
        while !self.is_too_long
            && count() < end
            && let Some(frame) = self.body.frame().await
        {
            if frame.is_err_and(|error| !is_over_limit(&error)) {
                return;
            }
        }
    }
}

/// The app's own limit arrives wrapped in axum's error.
fn is_over_limit(error: &(dyn error::Error + 'static)) -> bool {
    iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<LengthLimitError>())
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
