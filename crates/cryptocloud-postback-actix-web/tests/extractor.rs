//! What is particular to actix-web; the rest is tested through both adapters in the `tests` package.

use std::{
    cell::Cell,
    error::Error as _,
    io, iter,
    rc::Rc,
    time::{Duration, SystemTime},
};

use actix_web::{
    App, FromRequest, HttpResponse,
    dev::Payload,
    error::{InternalError, PayloadError},
    http::{StatusCode, header},
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Bytes, Data},
};
use cryptocloud_postback_actix_web::{
    PostbackConfig, PostbackError, Received, UnverifiedPostback, VerifiedPostback,
    core::{
        ErrorKind, MAX_BODY_BYTES, SecretKey, Verifier,
        testing::{NOW, PostbackBuilder},
    },
};
use futures_util::stream;

const SECRET: &str = "not-a-real-key-only-for-these-tests";
const OTHER: &str = "not-a-real-key-either-only-for-tests";

fn verifier(secret: &str) -> Verifier {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    Verifier::builder(SecretKey::new(secret).expect("a key"))
        .clock(move || now)
        .build()
        .expect("a verifier")
}

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
async fn the_verifier_comes_from_app_data() {
    let plain = post!(App::new().app_data(verifier(SECRET)));
    assert_eq!(plain.status(), StatusCode::OK);
    let data = post!(App::new().app_data(Data::new(verifier(SECRET))));
    assert_eq!(data.status(), StatusCode::OK);
}

#[actix_web::test]
async fn without_a_verifier_the_answer_is_500_and_the_error_names_the_fix() {
    let response = post!(App::new());
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(read_body(response).await, r#"{"error":"Internal error"}"#);
    let fix = "the app holds no verifier: put one into its app_data";
    assert_eq!(ErrorKind::VerifierMissing.to_string(), fix);
}

#[actix_web::test]
async fn the_nearest_scope_wins() {
    let scope = |secret| {
        web::scope("/inner")
            .app_data(verifier(secret))
            .route("", web::post().to(paid))
    };
    for (outer, inner, expected) in [(OTHER, SECRET, 200), (SECRET, OTHER, 401)] {
        let app = init_service(App::new().app_data(verifier(outer)).service(scope(inner))).await;
        let body = PostbackBuilder::new(SECRET).form().body();
        let request = TestRequest::post()
            .uri("/inner")
            .set_payload(body)
            .to_request();
        assert_eq!(
            call_service(&app, request).await.status().as_u16(),
            expected
        );
    }
}

#[actix_web::test]
async fn the_limit_can_be_lowered_and_not_raised() {
    let with = |limit| {
        App::new()
            .app_data(verifier(SECRET))
            .app_data(Data::new(PostbackConfig::default().limit(limit)))
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
async fn the_error_handler_makes_the_answer() {
    async fn look(_: UnverifiedPostback) -> Received {
        Received
    }
    let config = PostbackConfig::default().error_handler(|error: PostbackError, request| {
        assert_eq!(request.path(), "/");
        assert_eq!(error.kind(), ErrorKind::MediaType);
        assert_eq!(error.body_text(), r#"{"error":"Unsupported media type"}"#);
        assert_eq!(error.to_string(), "postback refused");
        let source = error.source().map(ToString::to_string);
        assert_eq!(
            source.as_deref(),
            Some("body is neither JSON nor a form in UTF-8")
        );
        InternalError::from_response(error.into_inner(), HttpResponse::ImATeapot().finish()).into()
    });
    let app = App::new()
        .app_data(verifier(SECRET))
        .app_data(config)
        .route("/", web::post().to(paid))
        .route("/", web::put().to(look));
    let app = init_service(app).await;
    let request = TestRequest::post().set_payload("<xml/>").to_request();
    assert_eq!(
        call_service(&app, request).await.status(),
        StatusCode::IM_A_TEAPOT
    );
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

#[actix_web::test]
async fn without_a_length_at_most_64_kib_are_read() {
    let (mut payload, asked) = blocks(|| Ok(Bytes::from_static(&[b'a'; 1024])));
    let kind = kind(TestRequest::post(), &mut payload).await;
    assert_eq!(kind, Some(ErrorKind::BodyTooLarge));
    assert!(
        asked.get() * 1024 <= MAX_BODY_BYTES + 1024,
        "{} KiB were read",
        asked.get()
    );
}

#[actix_web::test]
async fn what_the_head_refuses_is_not_read() {
    let length = (header::CONTENT_LENGTH, MAX_BODY_BYTES + 1);
    for (request, expected) in [
        (
            TestRequest::post().insert_header(length),
            ErrorKind::BodyTooLarge,
        ),
        (
            TestRequest::post().insert_header((header::CONTENT_ENCODING, "gzip")),
            ErrorKind::ContentEncoding,
        ),
        (TestRequest::get(), ErrorKind::MethodNotAllowed),
    ] {
        let (mut payload, asked) = blocks(|| Ok(Bytes::from_static(b"a")));
        assert_eq!(kind(request, &mut payload).await, Some(expected));
        assert_eq!(asked.get(), 0);
    }
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
    let body = PostbackBuilder::new(OTHER).json().body();
    let request = TestRequest::post().set_payload(body).to_request();
    assert_eq!(
        call_service(&app, request).await.status(),
        StatusCode::IM_A_TEAPOT
    );
}
