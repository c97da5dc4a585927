//! A refusal before the body was read reaches a sender that is still writing, over TCP.

use std::{net::SocketAddr, time::Duration};

use actix_web::{App, HttpServer, rt, web};
use cryptocloud_postback_actix_web::{Received, VerifiedPostback};

use crate::verifier::{SECRET, verifier};

#[path = "../../cryptocloud-postback-axum/tests/shared/early_refusals.rs"]
mod early_refusals;
#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;
#[path = "../../cryptocloud-postback-axum/tests/shared/wire.rs"]
mod wire;

/// Without the second for which actix-web itself would go on reading after a response.
fn serve() -> SocketAddr {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    let app = || {
        App::new()
            .app_data(verifier(SECRET))
            .route("/", web::route().to(paid))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .client_disconnect_timeout(Duration::ZERO)
        .bind(("127.0.0.1", 0));
    let server = server.expect("a port");
    let address = server.addrs()[0];
    rt::spawn(server.run());
    address
}

#[actix_web::test]
async fn the_sender_sees_what_the_extractor_refuses() {
    early_refusals::are_seen(serve()).await;
}

#[actix_web::test]
async fn a_long_body_is_refused_at_once() {
    early_refusals::do_not_wait_for_a_long_body(serve()).await;
}
