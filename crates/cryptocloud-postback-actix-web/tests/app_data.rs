//! Which verifier and which settings apply if scopes are nested.

use actix_web::{
    App, FromRequest,
    dev::Payload,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Data, ServiceConfig},
};
use cryptocloud_postback_actix_web::{
    PostbackConfig, PostbackError, Received, VerifiedPostback, core::ErrorKind,
    testing::PostbackBuilder,
};

use crate::verifier::{SECRET, verifier};

#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;

const OTHER: &str = "not-a-real-key-either-only-for-tests";

async fn paid(_: VerifiedPostback) -> Received {
    Received
}

/// How a value is put into the app's data.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Bare,
    Data,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Bare, Self::Data];

    fn put<T: 'static>(self, config: &mut ServiceConfig, value: T) {
        match self {
            Self::Bare => config.app_data(value),
            Self::Data => config.app_data(Data::new(value)),
        };
    }
}

/// Posts a postback of this secret to `/inner`, whose scope has its own value within the app's.
async fn post<T: 'static>(
    outer: (Kind, T),
    inner: (Kind, T),
    others: impl FnOnce(&mut ServiceConfig),
    secret: &str,
) -> (StatusCode, String) {
    let scope = web::scope("/inner")
        .configure(|config| inner.0.put(config, inner.1))
        .route("", web::route().to(paid));
    let app = App::new()
        .configure(others)
        .configure(|config| outer.0.put(config, outer.1))
        .service(scope);
    let app = init_service(app).await;
    let body = PostbackBuilder::new(secret).form().body();
    let request = TestRequest::post().uri("/inner").set_payload(body);
    let response = call_service(&app, request.to_request()).await;
    let status = response.status();
    let body = String::from_utf8_lossy(&read_body(response).await).into_owned();
    (status, body)
}

#[actix_web::test]
async fn the_verifier_of_another_project_is_never_used() {
    for outer in Kind::ALL {
        for inner in Kind::ALL {
            let post = async |secret| {
                let (outer, inner) = ((outer, verifier(OTHER)), (inner, verifier(SECRET)));
                post(outer, inner, |_| (), secret).await
            };
            let error = r#"{"error":"Internal error"}"#.to_owned();
            let ambiguous = (StatusCode::INTERNAL_SERVER_ERROR, error);
            let (own, foreign) = (post(SECRET).await, post(OTHER).await);
            if outer == inner {
                assert_eq!(own.0, StatusCode::OK);
                assert_eq!(foreign.0, StatusCode::UNAUTHORIZED);
            } else {
                assert_eq!((own, foreign), (ambiguous.clone(), ambiguous));
            }
        }
    }
}

#[actix_web::test]
async fn the_settings_of_another_scope_are_never_used() {
    for outer in Kind::ALL {
        for inner in Kind::ALL {
            for (limit, expected) in [
                (100, StatusCode::PAYLOAD_TOO_LARGE),
                (9_000, StatusCode::OK),
            ] {
                let (status, _) = post(
                    (outer, PostbackConfig::default().limit(9_100 - limit)),
                    (inner, PostbackConfig::default().limit(limit)),
                    |config| {
                        config.app_data(verifier(SECRET));
                    },
                    SECRET,
                )
                .await;
                if outer == inner {
                    assert_eq!(status, expected);
                } else {
                    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
                }
            }
        }
    }
}

async fn kind(request: TestRequest) -> Option<ErrorKind> {
    let request = request.to_http_request();
    let mut payload = Payload::None;
    let error = VerifiedPostback::from_request(&request, &mut payload)
        .await
        .err()?;
    error.as_error::<PostbackError>().map(PostbackError::kind)
}

#[actix_web::test]
async fn a_faulty_setup_has_kinds_that_name_the_fix() {
    let missing = kind(TestRequest::post()).await;
    assert_eq!(missing, Some(ErrorKind::VerifierMissing));
    let both = TestRequest::post()
        .app_data(verifier(SECRET))
        .app_data(Data::new(verifier(SECRET)));
    assert_eq!(kind(both).await, Some(ErrorKind::VerifierAmbiguous));
    let both = TestRequest::post()
        .app_data(verifier(SECRET))
        .app_data(PostbackConfig::default())
        .app_data(Data::new(PostbackConfig::default()));
    assert_eq!(kind(both).await, Some(ErrorKind::VerifierAmbiguous));
}
