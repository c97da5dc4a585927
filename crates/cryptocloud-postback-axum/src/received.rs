use axum_core::response::{IntoResponse, Response};
use cryptocloud_postback::{ANSWER_CONTENT_TYPE, RECEIVED_BODY};
use http::header;

/// The answer 200 `{"message":"Postback received"}`, as in the vendor's samples.
///
/// Return it only after the work is durable: whether the vendor sends again after another answer is
/// not documented, and after this one it surely does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received;

impl IntoResponse for Received {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, ANSWER_CONTENT_TYPE)], RECEIVED_BODY).into_response()
    }
}
