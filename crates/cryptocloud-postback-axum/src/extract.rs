use std::{error, iter, ops::Deref};

use axum_core::{
    RequestExt,
    extract::{FromRef, FromRequest, Request},
};
use cryptocloud_postback::{
    Error, ErrorKind, MAX_BODY_BYTES, Unverified, Verified, Verifier, check_request, trace_outcome,
};
use http::{HeaderValue, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::PostbackRejection;

/// A postback with a valid token for its invoice: the argument of a handler.
///
/// The app's state has to hold a [`Verifier`], by itself or through [`FromRef`].
///
/// Everything that is not a genuine postback is answered before the handler runs, a request that is
/// not a POST too.
/// A handler that wants to see the refusal takes `Result<VerifiedPostback, PostbackRejection>`.
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifiedPostback(pub Verified);

impl<S> FromRequest<S> for VerifiedPostback
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = PostbackRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, PostbackRejection> {
        UnverifiedPostback::from_request(request, state)
            .await?
            .verify(&Verifier::from_ref(state))
    }
}

impl Deref for VerifiedPostback {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.0
    }
}

/// A body in a known format that nothing is proven of: for several projects in one process, whose
/// verifier is chosen by the handler.
#[derive(Clone, Debug)]
#[must_use]
pub struct UnverifiedPostback(pub Unverified);

impl UnverifiedPostback {
    /// Verifies the body for the project of this verifier.
    ///
    /// # Errors
    ///
    /// What [`VerifiedPostback`] refuses.
    pub fn verify(self, verifier: &Verifier) -> Result<VerifiedPostback, PostbackRejection> {
        let outcome = self.0.verify(verifier);
        trace_outcome(outcome.as_ref());
        Ok(VerifiedPostback(outcome?))
    }
}

impl<S: Send + Sync> FromRequest<S> for UnverifiedPostback {
    type Rejection = PostbackRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, PostbackRejection> {
        let outcome = receive(request).await;
        if let Err(error) = &outcome {
            trace_outcome(Err(error));
        }
        Ok(Self(outcome?))
    }
}

/// Reads the body within the app's limit and [`MAX_BODY_BYTES`].
async fn receive(request: Request) -> Result<Unverified, Error> {
    let headers = request.headers();
    check_request(
        request.method().as_str(),
        headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .map(HeaderValue::as_bytes),
        headers
            .get(header::CONTENT_LENGTH)
            .map(HeaderValue::as_bytes),
    )?;
    let content_type = headers.get(header::CONTENT_TYPE).cloned();
    let body = Limited::new(request.into_limited_body(), MAX_BODY_BYTES)
        .collect()
        .await
        .map_err(|error| unreadable(&*error))?
        .to_bytes();
    Unverified::new(content_type.as_ref().map(HeaderValue::as_bytes), body)
}

/// The app's own limit arrives wrapped in axum's error.
fn unreadable(error: &(dyn error::Error + 'static)) -> ErrorKind {
    let mut chain = iter::successors(Some(error), |error| error.source());
    match chain.any(|error| error.is::<LengthLimitError>()) {
        true => ErrorKind::BodyTooLarge,
        false => ErrorKind::BodyUnreadable,
    }
}
