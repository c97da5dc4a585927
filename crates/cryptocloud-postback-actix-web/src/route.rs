use actix_web::{HttpRequest, Route, web};
use cryptocloud_postback::Verifier;
use cryptocloud_postback_inbox::Inbox;

use crate::{VerifiedPostback, response};

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
#[must_use]
pub fn postback_route(verifier: Verifier, inbox: Inbox) -> Route {
    web::route().to(move |request: HttpRequest, payload: web::Payload| {
        let (verifier, inbox) = (verifier.clone(), inbox.clone());
        async move {
            let postback =
                VerifiedPostback::receive(&request, payload.into_inner(), Ok(&verifier)).await?;
            Ok::<_, actix_web::Error>(response::convert(inbox.receive(&postback).await))
        }
    })
}
