use axum_core::response::{IntoResponse, Response};

/// The response 200 `{"message":"Postback received"}`, as in the vendor's samples.
///
/// Return it only after the payment is stored durably: the vendor does not document whether it sends
/// a postback again after another response, and after this one it does not.
///
/// A handler may also return `Result<Received, E>` with the app's own error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received;

impl IntoResponse for Received {
    fn into_response(self) -> Response {
        cryptocloud_postback::Response::RECEIVED.into()
    }
}
