//! The table of requests that both adapters share, through the extractor.

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use cryptocloud_postback_actix_web::{Received, VerifiedPostback};

use crate::verifier::{SECRET, verifier};

#[path = "../../cryptocloud-postback-axum/tests/shared/cases.rs"]
mod cases;
#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;

#[actix_web::test]
async fn the_extractor_responds_as_the_table_says() {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    let app = App::new()
        .app_data(verifier(SECRET))
        .route("/", web::route().to(paid));
    let app = init_service(app).await;
    for case in cases::all() {
        let method = case.method.parse().expect("a method");
        let request = TestRequest::with_uri("/").method(method);
        // First, because it sets `Content-Length`.
        let mut request = request.set_payload(case.body.clone());
        for header in &case.headers {
            request = request.insert_header(*header);
        }
        let response = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = read_body(response).await;
        let header = |name: &str| {
            let value = headers.get(name)?.to_str().expect("text");
            Some(value.to_owned())
        };
        case.check("actix-web", status, header, &body);
    }
}
