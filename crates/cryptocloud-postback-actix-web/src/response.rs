use actix_web::{HttpResponse, http::StatusCode};
use cryptocloud_postback::Response;

/// Converts a response of the core, for the extractor, the error and the route alike.
pub(crate) fn convert(response: Response) -> HttpResponse {
    let mut converted = HttpResponse::build(status(response));
    for header in response.headers() {
        converted.insert_header(*header);
    }
    converted.body(response.body())
}

pub(crate) fn status(response: Response) -> StatusCode {
    // The core has only valid codes; any other would still refuse.
    StatusCode::from_u16(response.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
