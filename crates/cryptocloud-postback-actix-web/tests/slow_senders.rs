//! Senders that keep a connection without finishing their body, against a server over TCP.

use std::time::Duration;

use actix_web::{App, HttpServer, rt, web};
use cryptocloud_postback_actix_web::{PostbackConfig, Received, VerifiedPostback};

use crate::verifier::{SECRET, verifier};

#[path = "../../cryptocloud-postback-axum/tests/shared/slow_senders.rs"]
mod slow_senders;
#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;
#[path = "../../cryptocloud-postback-axum/tests/shared/wire.rs"]
mod wire;

#[actix_web::test]
async fn slow_senders_are_cut_off_at_the_deadline() {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    let config = PostbackConfig::default().body_timeout(Duration::from_secs(3));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(verifier(SECRET))
            .app_data(config.clone())
            .route("/", web::route().to(paid))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0));
    let server = server.expect("a port");
    let address = server.addrs()[0];
    rt::spawn(server.run());
    // actix-http queues the chunks of one read, 32 bytes for each, before the extractor sees them.
    slow_senders::are_cut_off(address, 250).await;
}
