use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use cryptocloud_postback::Response;

use crate::response;

/// The response 200 `{"message":"Postback received"}`, as in the vendor's samples.
///
/// Return it only after the payment is stored durably: the vendor does not document whether it sends
/// a postback again after another response, and after this one it does not.
///
/// A handler may also return `Result<Received, E>` with the app's own error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received;

impl Responder for Received {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        response::convert(Response::RECEIVED)
    }
}
