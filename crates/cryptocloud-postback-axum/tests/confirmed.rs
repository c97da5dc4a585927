//! `ConfirmedPostback`: the handler runs for what the vendor confirms.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRef, State},
    http::Request,
    routing::any,
};
use cryptocloud_postback_axum::{
    ConfirmedPostback, ConfirmedRejection, Received,
    api::{Api, ApiKey, BaseUrl, Confirmer},
    core::Verifier,
    testing::PostbackBuilder,
};
use cryptocloud_postback_mimic::KEY;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::{
    confirmed::Runs,
    verifier::{SECRET, verifier},
};

#[path = "shared/confirmed.rs"]
mod confirmed;
#[path = "shared/verifier.rs"]
mod verifier;
#[path = "shared/wire.rs"]
mod wire;

#[derive(Clone)]
struct AppState {
    confirmer: Confirmer,
    runs: Runs,
    verifier: Verifier,
}

impl FromRef<AppState> for Confirmer {
    fn from_ref(state: &AppState) -> Self {
        state.confirmer.clone()
    }
}

impl FromRef<AppState> for Verifier {
    fn from_ref(state: &AppState) -> Self {
        state.verifier.clone()
    }
}

async fn paid(State(state): State<AppState>, payment: ConfirmedPostback) -> Received {
    state.runs.pay(&payment);
    Received
}

async fn serve(verifier: Verifier, confirmer: Confirmer, runs: Runs) -> SocketAddr {
    let state = AppState {
        confirmer,
        runs,
        verifier,
    };
    let app = Router::new().route("/", any(paid)).with_state(state);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn responds_as_the_table_says() {
    confirmed::responds_as_the_table_says(serve).await;
}

#[tokio::test]
async fn a_handler_may_see_the_refusal() {
    async fn sees(payment: Result<ConfirmedPostback, ConfirmedRejection>) -> String {
        match payment {
            Err(ConfirmedRejection::NotConfirmed(refused)) => refused.to_string(),
            Err(ConfirmedRejection::Postback(refused)) => refused.to_string(),
            Ok(_) | Err(_) => "confirmed".to_owned(),
        }
    }
    // No server listens there.
    let base = BaseUrl::parse("http://127.0.0.1:1").expect("an address");
    let api = Api::builder(ApiKey::new(KEY).expect("a key"), base).max_retries(0);
    let confirmer = Confirmer::builder(api.build().expect("a client")).build();
    let state = AppState {
        confirmer,
        runs: Runs::default(),
        verifier: verifier(SECRET),
    };
    let app = Router::new().route("/", any(sees)).with_state(state);
    for (secret, text) in [
        (SECRET, "vendor could not be asked"),
        (
            "another-key-of-at-least-32-bytes",
            "token's signature does not match the secret",
        ),
    ] {
        let request =
            Request::post("/").body(Body::from(PostbackBuilder::new(secret).json().body()));
        let response = app
            .clone()
            .oneshot(request.expect("a request"))
            .await
            .expect("a response");
        let body = to_bytes(response.into_body(), 1000).await.expect("a body");
        assert_eq!(str::from_utf8(&body), Ok(text));
    }
}
