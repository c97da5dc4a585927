use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Responder, Route,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use cryptocloud_postback::Verifier;
use cryptocloud_postback_inbox::{Inbox, InboxError};

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
/// use actix_web::web;
/// use cryptocloud_postback_actix_web::{
///     VerifiedPostback, core::Verifier, inbox::Inbox, postback_route,
/// };
///
/// struct Database;
///
/// async fn paid(
///     VerifiedPostback(postback): VerifiedPostback,
///     database: web::Data<Database>,
/// ) -> Result<(), std::io::Error> {
///     // Compare it with your own order and store that it is paid.
///     println!("invoice {} is confirmed", postback.invoice_id());
///     Ok(())
/// }
///
/// /// For `App::configure`; make verifier and inbox once, outside of the closure of
/// /// `HttpServer::new`.
/// fn configure(config: &mut web::ServiceConfig, verifier: Verifier, inbox: Inbox) {
///     let route = postback_route(verifier, inbox, paid);
///     config.service(web::resource("/postback").route(route));
/// }
/// ```
pub fn postback_route<A, H>(verifier: Verifier, inbox: Inbox, handler: H) -> Route
where
    A: FromRequest + 'static,
    H: PostbackHandler<A>,
{
    web::route().to(move |request: HttpRequest, payload: web::Payload| {
        let (verifier, inbox, handler) = (verifier.clone(), inbox.clone(), handler.clone());
        async move { process(&verifier, &inbox, handler, &request, payload.into_inner()).await }
    })
}

async fn process<A, H>(
    verifier: &Verifier,
    inbox: &Inbox,
    handler: H,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error>
where
    A: FromRequest + 'static,
    H: PostbackHandler<A>,
{
    let VerifiedPostback(postback) =
        VerifiedPostback::verify(request, payload, Ok(verifier)).await?;
    // Before the claim, so that a refusal leaves none.
    let arguments = A::extract(request).await.map_err(Into::into)?;
    let outcome = inbox
        .handle_local(&postback, |postback| {
            handler.call(VerifiedPostback(postback), arguments)
        })
        .await;
    Ok(match outcome {
        Ok(_) => Received.respond_to(request),
        Err(error) => {
            if let InboxError::Handler(error) = &error {
                let invoice_id = postback.invoice_id().as_str();
                tracing::error!(?invoice_id, %error, "handler failed");
            }
            answer(&error)
        }
    })
}

fn answer<E>(error: &InboxError<E>) -> HttpResponse {
    let status = StatusCode::from_u16(error.status_code());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE));
    if let Some(seconds) = error.retry_after() {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    response
        .content_type("application/json")
        .body(error.body_text())
}
