use std::{error, fmt, ops::Deref};

use axum_core::{
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use cryptocloud_postback::Verifier;
use cryptocloud_postback_api::{Confirmed, Confirmer, NotConfirmed};

use crate::{PostbackRejection, VerifiedPostback};

/// A genuine postback that the vendor's API confirms: the argument of a handler.
///
/// The app's state must hold a [`Verifier`] and a [`Confirmer`], by themselves or through [`FromRef`].
///
/// The handler runs for payments in full only, and sees what the vendor states.
/// Nothing is credited on faith, and nothing is lost: a sender that gets a 503 may send again, and
/// each refusal is an event in the log with the invoice and the reason.
///
/// | response | if |
/// |---|---|
/// | 409 | the postback reports another order, coin or amount than the vendor states |
/// | 422 | the vendor states that the invoice is canceled, another project's, paid in part, a test, or over too little |
/// | 503 with `Retry-After` | the invoice is not paid yet, the vendor does not know it, or it could not be asked |
///
/// Every other request gets the response of [`VerifiedPostback`].
/// A handler that takes `Result<ConfirmedPostback, ConfirmedRejection>` sees the refusal.
///
/// It is not documented whether the vendor sends again, and this extractor stores nothing.
/// For a payment that waits for the vendor without a resend, use `postback_route` and the
/// `confirm` of the inbox's builder.
///
/// # Examples
///
/// ```
/// use axum::{Router, extract::FromRef, routing::any};
/// use cryptocloud_postback_axum::{
///     ConfirmedPostback, Received, api::Confirmer, core::Verifier,
/// };
///
/// #[derive(Clone)]
/// struct AppState {
///     confirmer: Confirmer,
///     verifier: Verifier,
/// }
///
/// impl FromRef<AppState> for Confirmer {
///     fn from_ref(state: &AppState) -> Self {
///         state.confirmer.clone()
///     }
/// }
///
/// impl FromRef<AppState> for Verifier {
///     fn from_ref(state: &AppState) -> Self {
///         state.verifier.clone()
///     }
/// }
///
/// async fn paid(ConfirmedPostback(payment): ConfirmedPostback) -> Received {
///     // Find your order by `payment.invoice_id()`, compare it by `payment.check()`, and credit it
///     // once.
///     Received
/// }
///
/// fn app(state: AppState) -> Router {
///     Router::new().route("/postback", any(paid)).with_state(state)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfirmedPostback(pub Confirmed);

impl<S> FromRequest<S> for ConfirmedPostback
where
    S: Send + Sync,
    Confirmer: FromRef<S>,
    Verifier: FromRef<S>,
{
    type Rejection = ConfirmedRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, ConfirmedRejection> {
        let postback = VerifiedPostback::from_request(request, state).await?;
        let confirmer = Confirmer::from_ref(state);
        Ok(Self(confirmer.confirm(&postback).await?))
    }
}

impl Deref for ConfirmedPostback {
    type Target = Confirmed;

    fn deref(&self) -> &Confirmed {
        &self.0
    }
}

/// Why a request did not reach the handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfirmedRejection {
    /// The payment is not confirmed.
    NotConfirmed(NotConfirmed),
    /// The postback is not genuine. The vendor was not asked.
    Postback(PostbackRejection),
}

impl ConfirmedRejection {
    /// The response: status, headers and body.
    pub fn response(&self) -> cryptocloud_postback::Response {
        match self {
            Self::NotConfirmed(refused) => refused.kind().response(),
            Self::Postback(rejection) => rejection.response(),
        }
    }
}

impl From<NotConfirmed> for ConfirmedRejection {
    fn from(refused: NotConfirmed) -> Self {
        Self::NotConfirmed(refused)
    }
}

impl From<PostbackRejection> for ConfirmedRejection {
    fn from(rejection: PostbackRejection) -> Self {
        Self::Postback(rejection)
    }
}

impl IntoResponse for ConfirmedRejection {
    fn into_response(self) -> Response {
        self.response().into()
    }
}

impl fmt::Display for ConfirmedRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfirmed(refused) => refused.fmt(f),
            Self::Postback(rejection) => rejection.fmt(f),
        }
    }
}

impl error::Error for ConfirmedRejection {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::NotConfirmed(refused) => refused.source(),
            Self::Postback(rejection) => rejection.source(),
        }
    }
}
