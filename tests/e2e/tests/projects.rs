//! Several projects in one process: two verifiers on two routes, in both frameworks.

use std::time::{Duration, SystemTime};

use actix_web::{App, Either, Responder, test, web};
use axum::{Router, body::Body, extract::Path, response::IntoResponse, routing::post};
use cryptocloud_postback::{
    SecretKey, Verifier,
    testing::{NOW, PostbackBuilder},
};
use tower::ServiceExt;

const FIRST: &str = "not-a-real-key-of-the-first-project";
const SECOND: &str = "not-a-real-key-of-the-second-project";

fn verifier(secret: &str) -> Verifier {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    Verifier::builder(SecretKey::new(secret).expect("a key"))
        .clock(move || now)
        .build()
        .expect("a verifier")
}

fn verifier_of(project: &str) -> Option<Verifier> {
    match project {
        "first" => Some(verifier(FIRST)),
        "second" => Some(verifier(SECOND)),
        _ => None,
    }
}

/// The secret of the token, the route, the expected status.
const CASES: [(&str, &str, u16); 5] = [
    (FIRST, "first", 200),
    (SECOND, "second", 200),
    (FIRST, "second", 401),
    (SECOND, "first", 401),
    (FIRST, "third", 404),
];

#[actix_web::test]
async fn axum_keeps_projects_apart() {
    use cryptocloud_postback_axum::{
        PostbackRejection, Received, UnverifiedPostback, VerifiedPostback,
    };

    async fn paid(Path(project): Path<String>, postback: UnverifiedPostback) -> impl IntoResponse {
        let Some(verifier) = verifier_of(&project) else {
            return Ok(axum::http::StatusCode::NOT_FOUND.into_response());
        };
        let VerifiedPostback(_) = postback.verify(&verifier)?;
        Ok::<_, PostbackRejection>(Received.into_response())
    }

    let by_path = Router::new().route("/{project}", post(paid));
    async fn verified(_: VerifiedPostback) -> Received {
        Received
    }
    let by_state = ["first", "second"]
        .into_iter()
        .fold(Router::new(), |app, project| {
            let routes = Router::new().route("/", post(verified));
            let routes = routes.with_state(verifier_of(project).expect("a project"));
            app.nest(&format!("/{project}"), routes)
        });
    for app in [by_path, by_state] {
        for (secret, project, expected) in CASES {
            let postback = PostbackBuilder::new(secret).at(NOW).json();
            let request = axum::http::Request::post(format!("/{project}"))
                .body(Body::from(postback.body()))
                .expect("a request");
            let response = app.clone().oneshot(request).await.expect("a response");
            assert_eq!(response.status().as_u16(), expected, "{project}");
        }
    }
}

#[actix_web::test]
async fn actix_keeps_projects_apart() {
    use cryptocloud_postback_actix_web::{
        PostbackError, Received, UnverifiedPostback, VerifiedPostback,
    };

    async fn paid(
        project: web::Path<String>,
        postback: UnverifiedPostback,
    ) -> Result<impl Responder, PostbackError> {
        let Some(verifier) = verifier_of(&project) else {
            return Ok(Either::Left(actix_web::HttpResponse::NotFound()));
        };
        let VerifiedPostback(_) = postback.verify(&verifier)?;
        Ok(Either::Right(Received))
    }
    async fn verified(_: VerifiedPostback) -> Received {
        Received
    }

    let app = App::new()
        // The verifier of the nearest scope decides.
        .app_data(verifier(FIRST))
        .service(web::resource("/by-path/{project}").route(web::post().to(paid)))
        .service(
            web::scope("/by-scope")
                .route("/first", web::post().to(verified))
                .service(
                    web::resource("/second")
                        .app_data(verifier(SECOND))
                        .route(web::post().to(verified)),
                ),
        );
    let app = test::init_service(app).await;
    for path in ["/by-path", "/by-scope"] {
        for (secret, project, expected) in CASES {
            let postback = PostbackBuilder::new(secret).at(NOW).form();
            let request = test::TestRequest::with_uri(&format!("{path}/{project}"))
                .method(actix_web::http::Method::POST)
                .set_payload(postback.body())
                .to_request();
            let response = test::call_service(&app, request).await;
            assert_eq!(response.status().as_u16(), expected, "{path}/{project}");
        }
    }
}
