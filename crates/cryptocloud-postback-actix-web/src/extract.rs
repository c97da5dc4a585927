use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    body::{self, BodyStream},
    dev::Payload,
    http::header::{self, HeaderValue},
    web,
};
use cryptocloud_postback::{
    Error, ErrorKind, Unverified, Verified, Verifier, check_request, trace_outcome,
};

use crate::{PostbackConfig, PostbackError};

/// A postback with a valid token for its invoice: the argument of a handler.
///
/// The app, the scope or the resource has to hold a [`Verifier`] in its `app_data`, by itself or as
/// `web::Data<Verifier>`; the nearest one wins.
/// Where there is none, the answer is 500 and the log names the fix.
///
/// Everything that is not a genuine postback is answered before the handler runs, a request that is
/// not a POST too.
///
/// **Beware of `Option<VerifiedPostback>`**: actix-web turns every refusal into `None` and runs the
/// handler, also for a forged postback.
/// A handler that wants to see the refusal takes `Result<VerifiedPostback, actix_web::Error>`.
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifiedPostback(pub Verified);

impl FromRequest for VerifiedPostback {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move { Self::verify(&request, payload, verifier(&request)).await })
    }
}

impl VerifiedPostback {
    /// The verifier, or why there is none.
    pub(crate) async fn verify(
        request: &HttpRequest,
        payload: Payload,
        verifier: Result<&Verifier, Error>,
    ) -> Result<Self, actix_web::Error> {
        let config = PostbackConfig::of(request);
        let outcome = match verifier {
            Ok(verifier) => receive(request, payload, &config)
                .await
                .and_then(|unverified| unverified.verify(verifier)),
            Err(error) => Err(error),
        };
        trace_outcome(outcome.as_ref());
        outcome
            .map(Self)
            .map_err(|error| config.answer(error.into(), request))
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
    /// What [`VerifiedPostback`] refuses. [`PostbackConfig::error_handler`] does not see it.
    pub fn verify(self, verifier: &Verifier) -> Result<VerifiedPostback, PostbackError> {
        let outcome = self.0.verify(verifier);
        trace_outcome(outcome.as_ref());
        Ok(VerifiedPostback(outcome?))
    }
}

impl FromRequest for UnverifiedPostback {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let config = PostbackConfig::of(&request);
            receive(&request, payload, &config)
                .await
                .map(Self)
                .map_err(|error| {
                    trace_outcome(Err(&error));
                    config.answer(error.into(), &request)
                })
        })
    }
}

fn verifier(request: &HttpRequest) -> Result<&Verifier, Error> {
    request
        .app_data::<Verifier>()
        .or_else(|| {
            request
                .app_data::<web::Data<Verifier>>()
                .map(|data| &***data)
        })
        .ok_or_else(|| ErrorKind::VerifierMissing.into())
}

/// Reads the raw body: actix-web's own extractors would inflate it.
async fn receive(
    request: &HttpRequest,
    payload: Payload,
    config: &PostbackConfig,
) -> Result<Unverified, Error> {
    let headers = request.headers();
    check_request(
        request.method().as_str(),
        headers
            .get_all(header::CONTENT_ENCODING)
            .map(HeaderValue::as_bytes),
        headers
            .get(header::CONTENT_LENGTH)
            .map(HeaderValue::as_bytes),
    )?;
    let body = body::to_bytes_limited(BodyStream::new(payload), config.max_bytes())
        .await
        .map_err(|_| ErrorKind::BodyTooLarge)?
        .map_err(|_| ErrorKind::BodyUnreadable)?;
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    Unverified::new(content_type, body)
}
