//! One table of requests through the extractor, the layer, the route and `Verifier::verify_http`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Extension, Router,
    body::{Body, Bytes, to_bytes},
    http::Request,
    response::{IntoResponse, Response},
    routing::any,
};
use cryptocloud_postback_axum::{
    PostbackConfig, PostbackRejection, Received, VerifiedPostback, VerifyPostbackLayer,
    core::{MAX_BODY_BYTES, SecretKey, Verified, Verifier},
    inbox::{Inbox, State},
    postback_route,
    projects::{Project, ProjectMap},
    projects_route,
};
use tower::{ServiceExt, service_fn};

use crate::{
    cases::Case,
    verifier::{SECRET, verifier},
};

#[path = "shared/cases.rs"]
mod cases;
#[path = "shared/verifier.rs"]
mod verifier;

fn request<B>(case: &Case, body: impl FnOnce(Bytes) -> B) -> Request<B> {
    let mut request = Request::builder().method(case.method).uri("/");
    for header in &case.headers {
        request = request.header(header.0, header.1);
    }
    request
        .body(body(case.body.clone().into()))
        .expect("a request")
}

/// The same inbox behind `projects_route`.
fn projects(inbox: &Inbox) -> Arc<ProjectMap> {
    let key = SecretKey::new(SECRET).expect("a key");
    let verifier = Verifier::builder(key).project(inbox.project()).build();
    let project = Project::new(verifier.expect("a verifier"), inbox.clone());
    Arc::new(ProjectMap::new([project.expect("a project")]).expect("projects"))
}

async fn check(way: &str, case: &Case, response: Response) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1000).await.expect("a body");
    let header = |name: &str| {
        let value = parts.headers.get(name)?.to_str().expect("text");
        Some(value.to_owned())
    };
    case.check(way, parts.status.as_u16(), header, &body);
}

#[tokio::test]
async fn the_extractor_responds_as_the_table_says() {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    let app = Router::new()
        .route("/", any(paid))
        .with_state(verifier(SECRET));
    for case in cases::all() {
        let response = app.clone().oneshot(request(&case, Body::from)).await;
        check("extractor", &case, response.expect("a response")).await;
    }
}

/// The handler behind the layer sees what was proven, and the body as it arrived.
#[tokio::test]
async fn the_layer_responds_as_the_table_says() {
    async fn paid(Extension(postback): Extension<Verified>, body: Bytes) -> Received {
        assert_eq!(postback.body(), &body);
        assert!(!body.is_empty());
        Received
    }
    let app: Router = Router::new()
        .route("/", any(paid))
        .layer(VerifyPostbackLayer::new(verifier(SECRET)));
    for case in cases::all() {
        let response = app.clone().oneshot(request(&case, Body::from)).await;
        check("layer", &case, response.expect("a response")).await;
    }
}

/// Nothing that is refused is stored.
#[tokio::test]
async fn the_route_responds_as_the_table_says() {
    let (inbox, runs) = cases::inbox();
    let route = postback_route(verifier(SECRET), inbox.clone());
    the_route_stores_one("route", Router::new().route("/", route), &inbox, &runs).await;
}

#[tokio::test]
async fn the_route_for_many_projects_responds_as_the_table_says() {
    let (inbox, runs) = cases::inbox();
    let routes = Router::new().route("/{project}", projects_route(projects(&inbox)));
    // To the path of the one project.
    let app = Router::new().fallback_service(routes.map_request(|mut request: Request<Body>| {
        *request.uri_mut() = "/shop".parse().expect("a path");
        request
    }));
    the_route_stores_one("route for many projects", app, &inbox, &runs).await;
}

async fn the_route_stores_one(way: &str, app: Router, inbox: &Inbox, runs: &AtomicUsize) {
    for case in cases::all() {
        let response = app.clone().oneshot(request(&case, Body::from)).await;
        check(way, &case, response.expect("a response")).await;
    }
    // The genuine ones are one payment.
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let reports = inbox.find("ILRAJE1Q").await.expect("reports");
    assert!(
        matches!(&*reports, [report] if report.state == State::Done),
        "{reports:?}"
    );
}

#[tokio::test]
async fn the_layer_s_own_settings_come_before_those_of_the_request() {
    let limit = |bytes| PostbackConfig::default().limit(bytes);
    let layer = VerifyPostbackLayer::new(verifier(SECRET));
    let app = |layer: VerifyPostbackLayer| -> Router {
        let routes = Router::new().route("/", any(async || Received));
        routes.layer(layer).layer(Extension(limit(100)))
    };
    let cases = cases::all();
    let genuine = cases.first().expect("a genuine postback");
    for (layer, expected) in [(layer.clone(), 413), (layer.config(limit(9_000)), 200)] {
        let response = app(layer).oneshot(request(genuine, Body::from)).await;
        assert_eq!(response.expect("a response").status(), expected);
    }
}

/// Neither the service nor the body has to be axum's.
#[tokio::test]
async fn the_layer_works_without_a_router() {
    let inner = service_fn(async |request: Request<Body>| {
        let body = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
        assert!(!body.expect("a body").is_empty());
        Ok::<_, std::convert::Infallible>(Received.into_response())
    });
    let service = tower::ServiceBuilder::new()
        .layer(VerifyPostbackLayer::new(verifier(SECRET)))
        .service(inner);
    for case in cases::all() {
        let body = |body: Bytes| http_body_util::Full::new(body);
        let response = service.clone().oneshot(request(&case, body)).await;
        check("service", &case, response.expect("a response")).await;
    }
}

#[tokio::test]
async fn verify_http_responds_as_the_table_says() {
    let verifier = verifier(SECRET);
    for case in cases::all() {
        let response = match verifier.verify_http(&request(&case, |body| body)) {
            Ok(_) => Received.into_response(),
            Err(error) => PostbackRejection::from(error).into_response(),
        };
        check("verify_http", &case, response).await;
    }
}
