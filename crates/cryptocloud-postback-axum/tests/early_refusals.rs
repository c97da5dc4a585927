//! A refusal before the body was read reaches a sender that is still writing, over TCP.

use std::net::SocketAddr;

use axum::{Extension, Router, extract::DefaultBodyLimit, routing::any};
use cryptocloud_postback_axum::{Received, VerifiedPostback, VerifyPostbackLayer, core::Verified};
use tokio::net::TcpListener;

use crate::verifier::{SECRET, verifier};

#[path = "shared/early_refusals.rs"]
mod early_refusals;
#[path = "shared/verifier.rs"]
mod verifier;
#[path = "shared/wire.rs"]
mod wire;

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

fn extractor() -> Router {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    Router::new()
        .route("/", any(paid))
        .with_state(verifier(SECRET))
}

fn layer() -> Router {
    async fn paid(_: Extension<Verified>) -> Received {
        Received
    }
    Router::new()
        .route("/", any(paid))
        .layer(VerifyPostbackLayer::new(verifier(SECRET)))
}

#[tokio::test]
async fn the_sender_sees_what_the_extractor_refuses() {
    early_refusals::are_seen(serve(extractor()).await).await;
}

#[tokio::test]
async fn the_sender_sees_what_the_layer_refuses() {
    early_refusals::are_seen(serve(layer()).await).await;
}

#[tokio::test]
async fn the_sender_sees_what_the_app_s_own_limit_refuses() {
    let app = extractor().layer(DefaultBodyLimit::max(1000));
    let address = serve(app).await;
    for is_chunked in [false, true] {
        for _ in 0..200 {
            let response = early_refusals::in_pieces(address, "POST", "", 20_000, is_chunked).await;
            assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
        }
    }
}

#[tokio::test]
async fn a_long_body_is_refused_at_once() {
    early_refusals::do_not_wait_for_a_long_body(serve(extractor()).await).await;
}
