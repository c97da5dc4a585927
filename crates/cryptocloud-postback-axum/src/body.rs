use std::{error, iter, mem, time::Duration};

use axum_core::{RequestExt, body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
use cryptocloud_postback::{Error, ErrorKind, RequestHead, Unverified};
use http::header;
use http_body_util::{BodyExt, LengthLimitError};
use tokio::time::{self, Instant};

use crate::PostbackConfig;

/// Checks the head of a request and reads its body, which is taken out of it.
pub(crate) async fn receive(request: &mut Request) -> Result<Unverified, Error> {
    let config = PostbackConfig::of(request.extensions());
    let deadline = Deadline::after(config.body_timeout);
    let headers = request.headers().iter();
    let checked = RequestHead::check(
        request.method().as_str(),
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
    );
    let announced = announced(request);
    let head = match checked {
        Ok(head) => head,
        Err(error) => {
            // A sender that waits for `100 Continue` sends nothing that would have to be dropped.
            if !request.headers().contains_key(header::EXPECT) {
                let mut body = mem::take(request.body_mut());
                deadline.run(drop_rest(&mut body, announced)).await;
            }
            return Err(error);
        }
    };
    *request = mem::take(request).with_limited_body();
    let mut body = mem::take(request.body_mut());
    let read = deadline.run(read(&mut body, config.limit)).await;
    match read.unwrap_or(Err(ErrorKind::BodyTimeout)) {
        Ok(bytes) => head.body(bytes),
        Err(kind) => {
            let error = head.refuse(kind);
            deadline.run(drop_rest(&mut body, announced)).await;
            Err(error)
        }
    }
}

/// Copies the body into one buffer, so that its chunks and the server's buffers are freed at once.
async fn read(body: &mut Body, limit: usize) -> Result<Bytes, ErrorKind> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
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
/// hyper closes the connection if a body is left unread. A sender that is still writing then gets a
/// reset and may never see the response.
async fn drop_rest(body: &mut Body, announced: Option<u64>) {
    if announced.is_some_and(|length| length > MAX_DROPPED_BYTES) {
        return;
    }
    let mut dropped = 0;
    while dropped < MAX_DROPPED_BYTES
        && let Some(frame) = body.frame().await
    {
        match frame {
            Ok(frame) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                dropped = dropped.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
            }
            // The app's own limit hides the length of a frame; what was announced ends anyway.
            Err(error) if announced.is_some() && is_over_limit(&error) => {}
            Err(_) => return,
        }
    }
}

fn announced(request: &Request) -> Option<u64> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// The app's own limit arrives wrapped in axum's error.
fn is_over_limit(error: &(dyn error::Error + 'static)) -> bool {
    iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<LengthLimitError>())
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
