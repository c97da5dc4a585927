use axum::{
    extract::State,
    routing::{MethodRouter, any},
};
use axum_core::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use cryptocloud_postback::Verifier;
use cryptocloud_postback_inbox::{Inbox, InboxError};
use http::{StatusCode, header};

use crate::{PostbackHandler, Received, VerifiedPostback};

/// A complete route: it verifies, claims the payment, runs the handler where it was not processed
/// before, and answers.
///
/// | answer | when |
/// |---|---|
/// | 200 | the handler returned `Ok`, now or for an earlier postback of this payment |
/// | 409 | the invoice is known with other fields; the report is kept, see [`Inbox::conflicts`] |
/// | 500 | the handler returned `Err` or panicked; the claim was given back |
/// | 503 with `Retry-After` | the payment is being processed, or the store is out of reach |
///
/// and those of [`VerifiedPostback`].
///
/// The work runs in a task of its own, so it goes on to its end when the sender hangs up.
///
/// # Examples
///
/// ```
/// use axum::{Router, extract::State};
/// use cryptocloud_postback_axum::{
///     VerifiedPostback, core::Verifier, inbox::Inbox, postback_route,
/// };
///
/// #[derive(Clone)]
/// struct Database;
///
/// async fn paid(
///     VerifiedPostback(postback): VerifiedPostback,
///     State(database): State<Database>,
/// ) -> Result<(), std::io::Error> {
///     // Compare it with your own order and store that it is paid.
///     println!("invoice {} is confirmed", postback.invoice_id());
///     Ok(())
/// }
///
/// fn app(verifier: Verifier, inbox: Inbox, database: Database) -> Router {
///     Router::new()
///         .route("/postback", postback_route(verifier, inbox, paid))
///         .with_state(database)
/// }
/// ```
pub fn postback_route<S, A, H>(verifier: Verifier, inbox: Inbox, handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    A: FromRequestParts<S> + Send + 'static,
    H: PostbackHandler<A>,
{
    any(|State(state): State<S>, request: Request| async move {
        match process(&verifier, &inbox, handler, &state, request).await {
            Ok(()) => Received.into_response(),
            Err(response) => response,
        }
    })
}

async fn process<S, A, H>(
    verifier: &Verifier,
    inbox: &Inbox,
    handler: H,
    state: &S,
    request: Request,
) -> Result<(), Response>
where
    S: Send + Sync,
    A: FromRequestParts<S> + Send + 'static,
    H: PostbackHandler<A>,
{
    let (parts, body) = request.into_parts();
    let mut parts_of_handler = parts.clone();
    let request = Request::from_parts(parts, body);
    let VerifiedPostback(postback) = VerifiedPostback::from_request(request, verifier)
        .await
        .map_err(IntoResponse::into_response)?;
    // Before the claim, so that a refusal leaves none.
    let arguments = A::from_request_parts(&mut parts_of_handler, state)
        .await
        .map_err(IntoResponse::into_response)?;
    let outcome = inbox
        .handle(&postback, |postback| {
            handler.call(VerifiedPostback(postback), arguments)
        })
        .await;
    outcome.map(|_| ()).map_err(|error| {
        if let InboxError::Handler(error) = &error {
            let invoice_id = postback.invoice_id().as_str();
            tracing::error!(?invoice_id, %error, "handler failed");
        }
        answer(&error)
    })
}

fn answer<E>(error: &InboxError<E>) -> Response {
    let status = StatusCode::from_u16(error.status_code());
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, content_type, error.body_text()).into_response();
    if let Some(seconds) = error.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
