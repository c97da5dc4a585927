use std::{error, fmt, future::Future, ops::Deref, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError, dev::Payload, http::StatusCode,
};
use cryptocloud_postback::{ErrorKind, Response};
use cryptocloud_postback_api::{Confirmed, Confirmer, NotConfirmed};

use crate::{VerifiedPostback, app_data, response};

/// A genuine postback that the vendor's API confirms: the argument of a handler.
///
/// The app, the scope or the resource must hold a [`Verifier`](cryptocloud_postback::Verifier) and a
/// [`Confirmer`] in its `app_data`, by themselves or as `web::Data`. The innermost one applies.
///
/// The handler runs for payments in full only, and sees what the vendor states.
/// Nothing is credited on faith, and nothing is lost: a sender that gets a 503 may send again, and
/// each refusal is an event in the log with the invoice and the reason.
///
/// | response | if |
/// |---|---|
/// | 409 | the postback reports another order, coin or amount than the vendor states |
/// | 422 | the vendor states that the invoice is canceled, another project's, paid in part, a test, or over too little |
/// | 500 | there is no confirmer, or one of each type in nested scopes |
/// | 503 with `Retry-After` | the invoice is not paid yet, the vendor does not know it, or it could not be asked |
///
/// Every other request gets the response of [`VerifiedPostback`].
/// A handler that takes `Result<ConfirmedPostback, actix_web::Error>` sees the refusal, which is a
/// [`ConfirmedError`] if the postback is genuine.
///
/// It is not documented whether the vendor sends again, and this extractor stores nothing.
/// For a payment that waits for the vendor without a resend, use `postback_route` and the
/// `confirm` of the inbox's builder.
///
/// # Examples
///
/// ```
/// use actix_web::web;
/// use cryptocloud_postback_actix_web::{
///     ConfirmedPostback, Received, api::Confirmer, core::Verifier,
/// };
///
/// async fn paid(ConfirmedPostback(payment): ConfirmedPostback) -> Received {
///     // Find your order by `payment.invoice_id()`, compare it by `payment.check()`, and credit it
///     // once.
///     Received
/// }
///
/// /// For `App::configure`. Build both once, outside the closure of `HttpServer::new`.
/// fn configure(config: &mut web::ServiceConfig, verifier: Verifier, confirmer: Confirmer) {
///     let postback = web::resource("/postback").app_data(verifier).app_data(confirmer);
///     config.service(postback.route(web::route().to(paid)));
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfirmedPostback(pub Confirmed);

impl FromRequest for ConfirmedPostback {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let postback = VerifiedPostback::from_request(&request, payload);
        Box::pin(async move {
            let postback = postback.await?;
            let Ok(Some(confirmer)) = app_data::find::<Confirmer>(&request) else {
                tracing::error!("{}", ConfirmedError::ConfirmerMissing);
                return Err(ConfirmedError::ConfirmerMissing.into());
            };
            let confirmed = confirmer.confirm(&postback).await;
            Ok(Self(confirmed.map_err(ConfirmedError::NotConfirmed)?))
        })
    }
}

impl Deref for ConfirmedPostback {
    type Target = Confirmed;

    fn deref(&self) -> &Confirmed {
        &self.0
    }
}

/// Why a genuine postback did not reach the handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfirmedError {
    /// There is no confirmer, or one of each type in nested scopes.
    ConfirmerMissing,
    /// The payment is not confirmed.
    NotConfirmed(NotConfirmed),
}

impl ConfirmedError {
    /// The response: status, headers and body.
    pub fn response(&self) -> Response {
        match self {
            Self::ConfirmerMissing => ErrorKind::VerifierMissing.response(),
            Self::NotConfirmed(refused) => refused.kind().response(),
        }
    }
}

impl ResponseError for ConfirmedError {
    fn status_code(&self) -> StatusCode {
        response::status(self.response())
    }

    fn error_response(&self) -> HttpResponse {
        response::convert(self.response())
    }
}

impl fmt::Display for ConfirmedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConfirmerMissing => f.write_str(
                "no confirmer is configured, or two of different types in nested scopes: \
                 add one to the app data, by itself or as `web::Data`",
            ),
            Self::NotConfirmed(refused) => refused.fmt(f),
        }
    }
}

impl error::Error for ConfirmedError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::ConfirmerMissing => None,
            Self::NotConfirmed(refused) => refused.source(),
        }
    }
}
