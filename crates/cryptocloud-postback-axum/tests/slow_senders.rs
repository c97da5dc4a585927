//! Senders that keep a connection without finishing their body, against a server over TCP.

use std::time::Duration;

use axum::{Extension, Router, routing::any};
use cryptocloud_postback_axum::{PostbackConfig, Received, VerifiedPostback};
use tokio::net::TcpListener;

use crate::verifier::{SECRET, verifier};

#[path = "shared/slow_senders.rs"]
mod slow_senders;
#[path = "shared/verifier.rs"]
mod verifier;
#[path = "shared/wire.rs"]
mod wire;

#[tokio::test]
async fn slow_senders_are_cut_off_at_the_deadline() {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    let config = PostbackConfig::default().body_timeout(Duration::from_secs(3));
    let app = Router::new()
        .route("/", any(paid))
        .layer(Extension(config))
        .with_state(verifier(SECRET));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    slow_senders::are_cut_off(address, 50).await;
}
