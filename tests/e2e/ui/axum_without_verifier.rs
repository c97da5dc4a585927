//! A router without a `Verifier` in its state does not compile.
use axum::{Router, routing::post};
use cryptocloud_postback_axum::{Received, VerifiedPostback};

async fn paid(_: VerifiedPostback) -> Received {
    Received
}

fn main() {
    let _: Router = Router::new().route("/", post(paid)).with_state(());
}
