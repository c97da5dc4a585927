use axum::routing::{MethodRouter, any};
use axum_core::{extract::Request, response::Response};
use cryptocloud_postback::Verifier;
use cryptocloud_postback_inbox::Inbox;

use crate::VerifiedPostback;

/// A complete route: verifies the postback, stores it in the inbox, and sends the inbox's response.
///
/// The [`Handler`](cryptocloud_postback_inbox::Handler) belongs to the inbox, so that a request, a
/// retry and an operator's decision run the same code.
///
/// | response | when |
/// |---|---|
/// | 200 | the payment is done, held for review, or discarded; in store-first mode, stored |
/// | 409 | the invoice was reported with other fields; the report is kept as a conflict |
/// | 500 | the verifier is [named](cryptocloud_postback::VerifierBuilder::project) for another project than the inbox |
/// | 503 with `Retry-After` | the payment is stored or being stored, and not finished; or it could not be stored |
///
/// Every other request gets the response of [`VerifiedPostback`].
/// The work goes on in a task of its own if the sender hangs up.
///
/// The documentation of this [crate] begins with an example.
pub fn postback_route<S>(verifier: Verifier, inbox: Inbox) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    any(async move |request: Request| -> Response {
        match VerifiedPostback::receive(request, &verifier).await {
            Ok(postback) => inbox.receive(&postback).await.into(),
            Err(error) => error.kind().response().into(),
        }
    })
}
