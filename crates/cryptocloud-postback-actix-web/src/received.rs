use actix_web::{HttpRequest, HttpResponse, Responder};
use cryptocloud_postback::{ANSWER_CONTENT_TYPE, RECEIVED_BODY};

/// The answer 200 `{"message":"Postback received"}`, as in the vendor's samples.
///
/// Return it only after the work is durable: whether the vendor sends again after another answer is
/// not documented, and after this one it surely does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received;

impl Responder for Received {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .content_type(ANSWER_CONTENT_TYPE)
            .body(RECEIVED_BODY)
    }
}
