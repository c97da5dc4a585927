use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequest, Request};
use cryptocloud_postback::{Error, Unverified, Verified, Verifier};

use crate::{PostbackRejection, body};

/// A postback with a valid token for its invoice: the argument of a handler.
///
/// The app's state must hold a [`Verifier`], by itself or through [`FromRef`].
///
/// The handler runs for genuine postbacks only. Every other request gets its response from the
/// extractor, also if it is not a POST.
/// A handler that takes `Result<VerifiedPostback, PostbackRejection>` sees the refusal.
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
        Ok(Self::receive(request, &Verifier::from_ref(state)).await?)
    }
}

impl VerifiedPostback {
    pub(crate) async fn receive(mut request: Request, verifier: &Verifier) -> Result<Self, Error> {
        let unverified = body::receive(&mut request, Some(verifier)).await?;
        Ok(Self(unverified.verify(verifier)?))
    }
}

impl Deref for VerifiedPostback {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.0
    }
}

/// A body in a known format, of which nothing is proven yet.
///
/// It is for several projects in one process: the handler chooses the verifier.
#[derive(Clone, Debug)]
#[must_use]
pub struct UnverifiedPostback(pub Unverified);

impl UnverifiedPostback {
    /// Verifies the body with this project's verifier.
    ///
    /// # Errors
    ///
    /// Returns an error if the postback is not genuine, as [`VerifiedPostback`] does.
    pub fn verify(self, verifier: &Verifier) -> Result<VerifiedPostback, PostbackRejection> {
        Ok(VerifiedPostback(self.0.verify(verifier)?))
    }
}

impl<S: Send + Sync> FromRequest<S> for UnverifiedPostback {
    type Rejection = PostbackRejection;

    async fn from_request(mut request: Request, _: &S) -> Result<Self, PostbackRejection> {
        Ok(Self(body::receive(&mut request, None).await?))
    }
}
