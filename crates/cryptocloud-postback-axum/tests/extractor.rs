//! What is particular to axum; the rest is tested through both adapters in the `tests` package.

use std::{
    error::Error as _,
    io, iter,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRef},
    http::{Request, StatusCode, header},
    routing::{any, post},
};
use cryptocloud_postback_axum::{
    PostbackRejection, Received, VerifiedPostback,
    core::{
        ErrorKind, MAX_BODY_BYTES, SecretKey, Verifier,
        testing::{NOW, PostbackBuilder},
    },
};
use futures_util::stream;
use tower::ServiceExt;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn verifier() -> Verifier {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    Verifier::builder(SecretKey::new(SECRET).expect("a key"))
        .clock(move || now)
        .build()
        .expect("a verifier")
}

async fn paid(_: VerifiedPostback) -> Received {
    Received
}

fn app() -> Router {
    Router::new().route("/", post(paid)).with_state(verifier())
}

async fn status(app: Router, body: Body) -> u16 {
    let request = Request::post("/").body(body).expect("a request");
    app.oneshot(request)
        .await
        .expect("an answer")
        .status()
        .as_u16()
}

fn genuine() -> Body {
    Body::from(PostbackBuilder::new(SECRET).json().body())
}

#[tokio::test]
async fn without_a_length_at_most_64_kib_are_read() {
    const BLOCK: usize = 1024;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let blocks = iter::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, io::Error>(vec![b'a'; BLOCK])
    });
    assert_eq!(
        status(app(), Body::from_stream(stream::iter(blocks))).await,
        413
    );
    let read = asked.load(Ordering::Relaxed) * BLOCK;
    assert!(read <= MAX_BODY_BYTES + BLOCK, "{read} bytes were read");
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_reading() {
    let blocks = iter::repeat_with(|| -> io::Result<Vec<u8>> { panic!("the body was read") });
    let request = Request::post("/")
        .header(header::CONTENT_LENGTH, MAX_BODY_BYTES + 1)
        .body(Body::from_stream(stream::iter(blocks)))
        .expect("a request");
    let response = app().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_app_s_own_limit_holds_too() {
    let small = app().layer(DefaultBodyLimit::max(100));
    assert_eq!(status(small, genuine()).await, 413);
    let off = app().layer(DefaultBodyLimit::disable());
    assert_eq!(status(off.clone(), genuine()).await, 200);
    assert_eq!(
        status(off, Body::from(vec![b'a'; MAX_BODY_BYTES + 1])).await,
        413
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let blocks = [
        Ok("{"),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ];
    assert_eq!(
        status(app(), Body::from_stream(stream::iter(blocks))).await,
        400
    );
}

#[tokio::test]
async fn the_verifier_can_be_a_part_of_the_state() {
    #[derive(Clone)]
    struct AppState {
        verifier: Verifier,
    }
    impl FromRef<AppState> for Verifier {
        fn from_ref(state: &AppState) -> Self {
            state.verifier.clone()
        }
    }
    let state = AppState {
        verifier: verifier(),
    };
    let app = Router::new().route("/", any(paid)).with_state(state);
    assert_eq!(status(app, genuine()).await, 200);
}

#[tokio::test]
async fn a_handler_can_see_the_refusal() {
    async fn look(outcome: Result<VerifiedPostback, PostbackRejection>) -> StatusCode {
        match outcome {
            Err(rejection) if rejection.kind() == ErrorKind::TokenMissing => {
                assert_eq!(rejection.status(), StatusCode::UNAUTHORIZED);
                assert_eq!(rejection.body_text(), r#"{"error":"Invalid token"}"#);
                assert_eq!(rejection.to_string(), "postback refused");
                let source = rejection.source().map(ToString::to_string);
                assert_eq!(source.as_deref(), Some("token is missing"));
                assert_eq!(rejection.into_inner().kind(), ErrorKind::TokenMissing);
                StatusCode::IM_A_TEAPOT
            }
            _ => StatusCode::OK,
        }
    }
    let app = Router::new().route("/", post(look)).with_state(verifier());
    let unsigned = PostbackBuilder::new(SECRET).remove("token").json().body();
    assert_eq!(status(app.clone(), Body::from(unsigned)).await, 418);
    assert_eq!(status(app, genuine()).await, 200);
}

#[tokio::test]
async fn what_was_proven_is_at_hand() {
    async fn look(postback: VerifiedPostback) -> String {
        postback.invoice_id().to_string()
    }
    let app = Router::new().route("/", post(look)).with_state(verifier());
    let request = Request::post("/").body(genuine()).expect("a request");
    let response = app.oneshot(request).await.expect("an answer");
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .expect("a body");
    assert_eq!(body, "ILRAJE1Q");
}
