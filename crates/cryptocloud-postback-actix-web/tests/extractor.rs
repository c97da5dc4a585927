//! What is particular to actix-web; the rest is tested through both adapters in the `tests` package.

use std::{cell::Cell, error::Error as _, fmt, io, iter, rc::Rc, time::Duration};

use actix_web::{
    App, FromRequest, HttpResponse, ResponseError,
    dev::Payload,
    error::{InternalError, PayloadError},
    http::StatusCode,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes},
};
use cryptocloud_postback_actix_web::{
    PostbackConfig, PostbackError, Received, UnverifiedPostback, VerifiedPostback,
    core::{ErrorKind, MAX_BODY_BYTES},
    testing::PostbackBuilder,
};
use futures_util::stream::{self, StreamExt};

use crate::verifier::{SECRET, verifier};

#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;

async fn paid(_: VerifiedPostback) -> Received {
    Received
}

/// Posts a genuine postback of [`SECRET`] to an app.
macro_rules! post {
    ($app:expr) => {{
        let app = init_service($app.route("/", web::post().to(paid))).await;
        let body = PostbackBuilder::new(SECRET).json().body();
        call_service(&app, TestRequest::post().set_payload(body).to_request()).await
    }};
}

#[actix_web::test]
async fn the_limit_can_be_lowered_and_not_raised() {
    let with = |limit| {
        App::new()
            .app_data(verifier(SECRET))
            .app_data(PostbackConfig::default().limit(limit))
    };
    assert_eq!(post!(with(100)).status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post!(with(10_000)).status(), StatusCode::OK);
    let app = init_service(with(usize::MAX).route("/", web::post().to(paid))).await;
    let body = vec![b'a'; MAX_BODY_BYTES + 1];
    let request = TestRequest::post().set_payload(body).to_request();
    assert_eq!(
        call_service(&app, request).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[actix_web::test]
async fn the_error_handler_makes_the_response() {
    async fn look(_: UnverifiedPostback) -> Received {
        Received
    }
    let config = PostbackConfig::default().error_handler(|error: PostbackError, request| {
        assert_eq!(request.path(), "/");
        assert_eq!(error.kind(), ErrorKind::MediaType);
        assert_eq!(error.response(), ErrorKind::MediaType.response());
        assert_eq!(
            error.headers().get("content-type").expect("a type"),
            "application/json"
        );
        let text = "body is neither JSON nor a form in UTF-8";
        assert_eq!(error.to_string(), text);
        InternalError::from_response(error.into_inner(), HttpResponse::ImATeapot().finish()).into()
    });
    let app = App::new()
        .app_data(verifier(SECRET))
        .app_data(config)
        .route("/", web::post().to(paid))
        .route("/", web::put().to(look));
    let app = init_service(app).await;
    let request = TestRequest::post().set_payload("<xml/>").to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
}

#[actix_web::test]
async fn a_handler_can_see_the_refusal() {
    async fn look(outcome: Result<VerifiedPostback, actix_web::Error>) -> HttpResponse {
        let error = outcome.expect_err("a refusal");
        let error: &PostbackError = error.as_error().expect("our error");
        assert_eq!(error.to_string(), "a field is invalid");
        let source = error.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("amount_crypto is negative"));
        HttpResponse::ImATeapot().finish()
    }
    let app = App::new()
        .app_data(verifier(SECRET))
        .route("/", web::post().to(look));
    let app = init_service(app).await;
    let body = PostbackBuilder::new(SECRET).amount("-1").json().body();
    let request = TestRequest::post().set_payload(body).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
}

#[actix_web::test]
async fn a_handler_can_return_the_app_s_own_error() {
    #[derive(Debug)]
    struct DatabaseDown;
    impl fmt::Display for DatabaseDown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("database is down")
        }
    }
    impl ResponseError for DatabaseDown {
        fn status_code(&self) -> StatusCode {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
    async fn store(postback: VerifiedPostback) -> Result<Received, DatabaseDown> {
        match postback.reported().order_id {
            Some(_) => Ok(Received),
            None => Err(DatabaseDown),
        }
    }
    let app = App::new()
        .app_data(verifier(SECRET))
        .route("/", web::post().to(store));
    let app = init_service(app).await;
    let genuine = PostbackBuilder::new(SECRET);
    for (postback, expected) in [(genuine.clone().order_id("A"), 200), (genuine, 503)] {
        let request = TestRequest::post().set_payload(postback.json().body());
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), expected);
    }
}

/// A payload of blocks without a length, and how many of them were asked for.
fn blocks(block: impl Fn() -> Result<Bytes, PayloadError> + 'static) -> (Payload, Rc<Cell<usize>>) {
    let asked = Rc::new(Cell::new(0));
    let counter = Rc::clone(&asked);
    let blocks = iter::repeat_with(move || {
        counter.set(counter.get() + 1);
        block()
    });
    let payload = Box::pin(stream::iter(blocks));
    (Payload::Stream { payload }, asked)
}

async fn kind(request: TestRequest, payload: &mut Payload) -> Option<ErrorKind> {
    let request = request.app_data(verifier(SECRET)).to_http_request();
    let error = VerifiedPostback::from_request(&request, payload)
        .await
        .err()?;
    error.as_error::<PostbackError>().map(PostbackError::kind)
}

/// Requests that are refused whatever their body is, if it is large.
fn refused() -> [(TestRequest, ErrorKind); 3] {
    let gzip = TestRequest::post().insert_header(("content-encoding", "gzip"));
    [
        (TestRequest::post(), ErrorKind::BodyTooLarge),
        (gzip, ErrorKind::ContentEncoding),
        (TestRequest::get(), ErrorKind::MethodNotAllowed),
    ]
}

#[actix_web::test]
async fn a_body_without_a_length_is_dropped_after_256_kib() {
    for (request, expected) in refused() {
        let (mut payload, asked) = blocks(|| Ok(Bytes::from_static(&[b'a'; 1024])));
        assert_eq!(kind(request, &mut payload).await, Some(expected));
        let read = asked.get();
        assert!((256..=65 + 256).contains(&read), "{read} KiB were read");
    }
}

#[actix_web::test]
async fn what_is_announced_as_longer_than_256_kib_is_not_read() {
    let length = ("content-length", 256 * 1024 + 1);
    for (request, expected) in refused() {
        let (mut payload, asked) = blocks(|| Ok(Bytes::from_static(b"a")));
        let request = request.insert_header(length);
        assert_eq!(kind(request, &mut payload).await, Some(expected));
        assert_eq!(asked.get(), 0);
    }
}

#[actix_web::test]
async fn a_body_has_ten_seconds_or_as_long_as_is_set() {
    tokio::time::pause();
    let late = async |seconds, config: Option<PostbackConfig>| {
        let body = PostbackBuilder::new(SECRET).json().body();
        let body = stream::once(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(body)
        });
        let mut payload = Payload::Stream {
            payload: body.boxed_local(),
        };
        let mut request = TestRequest::post();
        if let Some(config) = config {
            request = request.app_data(config);
        }
        kind(request, &mut payload).await
    };
    let timeout = Some(ErrorKind::BodyTimeout);
    assert_eq!(late(9, None).await, None);
    assert_eq!(late(11, None).await, timeout);
    let short = PostbackConfig::default().body_timeout(Duration::from_secs(5));
    assert_eq!(late(4, Some(short.clone())).await, None);
    assert_eq!(late(6, Some(short)).await, timeout);
    let none = PostbackConfig::default().body_timeout(None);
    assert_eq!(late(200, Some(none)).await, None);
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_refused() {
    let broken = || Err(PayloadError::Io(io::ErrorKind::ConnectionReset.into()));
    let (mut payload, _) = blocks(broken);
    let kind = kind(TestRequest::post(), &mut payload).await;
    assert_eq!(kind, Some(ErrorKind::BodyUnreadable));
}

/// The docs warn of it: this pins that there is something to warn of.
#[actix_web::test]
async fn an_option_lets_the_handler_run_for_a_forged_postback() {
    async fn look(postback: Option<VerifiedPostback>) -> HttpResponse {
        match postback {
            Some(_) => HttpResponse::Ok().finish(),
            None => HttpResponse::ImATeapot().finish(),
        }
    }
    let app = App::new()
        .app_data(verifier(SECRET))
        .route("/", web::post().to(look));
    let app = init_service(app).await;
    let body = PostbackBuilder::new("not-a-real-key-either-only-for-tests")
        .json()
        .body();
    let request = TestRequest::post().set_payload(body).to_request();
    assert_eq!(
        call_service(&app, request).await.status(),
        StatusCode::IM_A_TEAPOT
    );
}
