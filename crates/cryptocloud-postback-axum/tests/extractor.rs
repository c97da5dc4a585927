//! What is particular to axum; the rest is tested through both adapters in the `tests` package.

use std::{
    error::Error as _,
    io, iter,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRef},
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use cryptocloud_postback_axum::{
    PostbackConfig, PostbackRejection, Received, VerifiedPostback,
    core::{self, ErrorKind, MAX_BODY_BYTES, Verifier},
    testing::PostbackBuilder,
};
use futures_util::stream::{self, StreamExt};
use tower::ServiceExt;

use crate::verifier::{SECRET, verifier};

#[path = "shared/verifier.rs"]
mod verifier;

async fn paid(_: VerifiedPostback) -> Received {
    Received
}

fn app() -> Router {
    Router::new()
        .route("/", post(paid))
        .with_state(verifier(SECRET))
}

async fn status(app: Router, body: Body) -> u16 {
    let request = Request::post("/").body(body).expect("a request");
    app.oneshot(request)
        .await
        .expect("a response")
        .status()
        .as_u16()
}

fn genuine() -> Body {
    Body::from(PostbackBuilder::new(SECRET).json().body())
}

/// A body of blocks of 1 KiB without an end, and how many of them were read.
fn endless() -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let blocks = iter::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, io::Error>(vec![b'a'; 1024])
    });
    (Body::from_stream(stream::iter(blocks)), read)
}

#[tokio::test]
async fn a_body_without_a_length_is_dropped_after_256_kib() {
    let (body, read) = endless();
    assert_eq!(status(app(), body).await, 413);
    let read = read.load(Ordering::Relaxed);
    assert!(read <= 65 + 256, "{read} KiB were read");
}

#[tokio::test]
async fn what_is_announced_as_longer_than_256_kib_is_not_read() {
    let (body, read) = endless();
    let request = Request::post("/")
        .header(header::CONTENT_LENGTH, 256 * 1024 + 1)
        .body(body)
        .expect("a request");
    let response = app().oneshot(request).await.expect("a response");
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(read.load(Ordering::Relaxed), 0);
}

/// It sends the body only after `100 Continue`, which asking for the body would send.
#[tokio::test]
async fn a_refused_sender_that_waits_is_not_asked_for_its_body() {
    let (body, read) = endless();
    let request = Request::post("/")
        .header(header::EXPECT, "100-continue")
        .header(header::CONTENT_ENCODING, "gzip")
        .body(body)
        .expect("a request");
    let response = app().oneshot(request).await.expect("a response");
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(read.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_innermost_settings_apply() {
    let layer = |config: PostbackConfig| Extension(config);
    let small = PostbackConfig::default().limit(100);
    let large = PostbackConfig::default().limit(usize::MAX);
    let inner = app().layer(layer(small)).layer(layer(large));
    assert_eq!(status(inner, genuine()).await, 413);
    let inner = app().layer(layer(large)).layer(layer(small));
    assert_eq!(status(inner.clone(), genuine()).await, 200);
    let body = Body::from(vec![b'a'; MAX_BODY_BYTES + 1]);
    assert_eq!(status(inner, body).await, 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_has_ten_seconds_or_as_long_as_is_set() {
    let late = |seconds| {
        let body = PostbackBuilder::new(SECRET).json().body();
        let body = stream::once(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok::<_, io::Error>(body)
        });
        Body::from_stream(body.boxed())
    };
    assert_eq!(status(app(), late(9)).await, 200);
    assert_eq!(status(app(), late(11)).await, 408);
    let with = |config| app().layer(Extension(config));
    let short = PostbackConfig::default().body_timeout(Duration::from_secs(5));
    assert_eq!(status(with(short), late(4)).await, 200);
    assert_eq!(status(with(short), late(6)).await, 408);
    let none = PostbackConfig::default().body_timeout(None);
    assert_eq!(status(with(none), late(200)).await, 200);
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
        verifier: verifier(SECRET),
    };
    let app = Router::new().route("/", any(paid)).with_state(state);
    assert_eq!(status(app, genuine()).await, 200);
}

#[tokio::test]
async fn a_handler_can_see_the_refusal() {
    async fn look(outcome: Result<VerifiedPostback, PostbackRejection>) -> Response {
        let Err(rejection) = outcome else {
            return Received.into_response();
        };
        assert_eq!(rejection.kind(), ErrorKind::InvalidField);
        assert_eq!(rejection.to_string(), "a field is invalid");
        let source = rejection.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("amount_crypto is negative"));
        assert_eq!(rejection.response(), ErrorKind::InvalidField.response());
        assert_eq!(rejection.status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            rejection.headers()[header::CONTENT_TYPE],
            "application/json"
        );
        let error: core::Error = rejection.into_inner();
        assert_eq!(error.kind(), ErrorKind::InvalidField);
        StatusCode::IM_A_TEAPOT.into_response()
    }
    let app = Router::new()
        .route("/", post(look))
        .with_state(verifier(SECRET));
    let negative = PostbackBuilder::new(SECRET).amount("-1").json().body();
    assert_eq!(status(app.clone(), Body::from(negative)).await, 418);
    assert_eq!(status(app, genuine()).await, 200);
}

#[tokio::test]
async fn a_handler_can_return_the_app_s_own_error() {
    struct DatabaseDown;
    impl IntoResponse for DatabaseDown {
        fn into_response(self) -> Response {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
    async fn store(postback: VerifiedPostback) -> Result<Received, DatabaseDown> {
        match postback.reported().order_id {
            Some(_) => Ok(Received),
            None => Err(DatabaseDown),
        }
    }
    let app = Router::new()
        .route("/", post(store))
        .with_state(verifier(SECRET));
    let ordered = PostbackBuilder::new(SECRET).order_id("A").json().body();
    assert_eq!(status(app.clone(), Body::from(ordered)).await, 200);
    assert_eq!(status(app, genuine()).await, 503);
}

#[tokio::test]
async fn what_was_proven_is_at_hand() {
    async fn look(postback: VerifiedPostback) -> String {
        postback.invoice_id().to_string()
    }
    let app = Router::new()
        .route("/", post(look))
        .with_state(verifier(SECRET));
    let request = Request::post("/").body(genuine()).expect("a request");
    let response = app.oneshot(request).await.expect("a response");
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .expect("a body");
    assert_eq!(body, "ILRAJE1Q");
}
