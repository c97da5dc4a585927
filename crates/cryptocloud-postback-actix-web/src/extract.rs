use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use cryptocloud_postback::{Error, ErrorKind, Unverified, Verified, Verifier};

use crate::{PostbackConfig, PostbackError, app_data, body};

/// A postback with a valid token for its invoice: the argument of a handler.
///
/// The app, the scope or the resource must hold a [`Verifier`] in its `app_data`, by itself or as
/// `web::Data<Verifier>`. The innermost one applies.
/// If there is none, or one of each type in nested scopes, the response is 500 and the log names the
/// fix.
///
/// The handler runs for genuine postbacks only. Every other request gets its response from the
/// extractor, also if it is not a POST.
///
/// **Beware of `Option<VerifiedPostback>`**: actix-web turns every refusal into `None` and runs the
/// handler, also for a forged postback.
/// A handler that takes `Result<VerifiedPostback, actix_web::Error>` sees the refusal.
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifiedPostback(pub Verified);

impl FromRequest for VerifiedPostback {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let verifier = app_data::find::<Verifier>(&request)
                .and_then(|verifier| verifier.ok_or(ErrorKind::VerifierMissing));
            Self::receive(&request, payload, verifier).await
        })
    }
}

impl VerifiedPostback {
    /// With the verifier, or why there is none.
    pub(crate) async fn receive(
        request: &HttpRequest,
        payload: Payload,
        verifier: Result<&Verifier, ErrorKind>,
    ) -> Result<Self, actix_web::Error> {
        extract(request, payload, verifier, |unverified, verifier| {
            unverified.verify(verifier).map(Self)
        })
        .await
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
    /// [`PostbackConfig::error_handler`] does not see it.
    pub fn verify(self, verifier: &Verifier) -> Result<VerifiedPostback, PostbackError> {
        Ok(VerifiedPostback(self.0.verify(verifier)?))
    }
}

impl FromRequest for UnverifiedPostback {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            extract(&request, payload, Ok(None), |unverified, _| {
                Ok(Self(unverified))
            })
            .await
        })
    }
}

/// Receives the body and finishes with it; the app's error handler sees every refusal.
async fn extract<'v, V: Copy + Into<Option<&'v Verifier>>, R>(
    request: &HttpRequest,
    payload: Payload,
    verifier: Result<V, ErrorKind>,
    finish: impl FnOnce(Unverified, V) -> Result<R, Error>,
) -> Result<R, actix_web::Error> {
    let (config, verifier) = match PostbackConfig::of(request) {
        Ok(config) => (config, verifier),
        Err(kind) => (PostbackConfig::default(), Err(kind)),
    };
    let received = body::receive(request, payload, &config, verifier).await;
    received
        .and_then(|(unverified, verifier)| finish(unverified, verifier))
        .map_err(|error| config.response(error.into(), request))
}
