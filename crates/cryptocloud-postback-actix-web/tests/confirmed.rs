//! `ConfirmedPostback`: the handler runs for what the vendor confirms.

use std::net::SocketAddr;

use actix_web::{
    App, HttpServer, rt,
    test::{TestRequest, call_service, init_service},
    web::{self, Data},
};
use cryptocloud_postback_actix_web::{
    ConfirmedPostback, Received, api::Confirmer, core::Verifier, testing::PostbackBuilder,
};

use crate::{
    confirmed::Runs,
    verifier::{SECRET, verifier},
};

#[path = "../../cryptocloud-postback-axum/tests/shared/confirmed.rs"]
mod confirmed;
#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;
#[path = "../../cryptocloud-postback-axum/tests/shared/wire.rs"]
mod wire;

async fn paid(runs: Data<Runs>, payment: ConfirmedPostback) -> Received {
    runs.pay(&payment);
    Received
}

async fn serve(verifier: Verifier, confirmer: Confirmer, runs: Runs) -> SocketAddr {
    let runs = Data::new(runs);
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .app_data(Data::new(confirmer.clone()))
            .app_data(runs.clone())
            .route("/", web::route().to(paid))
    };
    // Two workers, each with a runtime of its own, share the confirmer.
    let server = HttpServer::new(app)
        .workers(2)
        .disable_signals()
        .bind(("127.0.0.1", 0));
    let server = server.expect("a port");
    let address = server.addrs()[0];
    rt::spawn(server.run());
    address
}

#[actix_web::test]
async fn responds_as_the_table_says() {
    confirmed::responds_as_the_table_says(serve).await;
}

#[actix_web::test]
async fn without_a_confirmer_no_handler_runs() {
    let runs = Runs::default();
    let app = App::new()
        .app_data(verifier(SECRET))
        .app_data(Data::new(runs.clone()))
        .route("/", web::route().to(paid));
    let app = init_service(app).await;
    let post = |secret: &str| {
        let body = PostbackBuilder::new(secret).json().body();
        TestRequest::post().uri("/").set_payload(body).to_request()
    };
    assert_eq!(call_service(&app, post(SECRET)).await.status(), 500);
    let forged = "another-key-of-at-least-32-bytes";
    assert_eq!(call_service(&app, post(forged)).await.status(), 401);
    assert_eq!(runs.count(), 0);
}
