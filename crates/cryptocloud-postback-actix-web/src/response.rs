use actix_web::{HttpResponse, http::StatusCode};
use cryptocloud_postback::Response;

/// The one place that makes a response of actix-web's from one of the core's.
pub(crate) fn convert(response: Response) -> HttpResponse {
    let mut converted = HttpResponse::build(status(response));
    for header in response.headers() {
        converted.insert_header(*header);
    }
    converted.body(response.body())
}

pub(crate) fn status(response: Response) -> StatusCode {
    // Every code of the core's is a status; an unknown one would still refuse.
    StatusCode::from_u16(response.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
