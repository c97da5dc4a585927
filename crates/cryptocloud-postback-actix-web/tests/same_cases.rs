//! The table of requests that both adapters share, through the extractor and the route.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, ServiceConfig},
};
use cryptocloud_postback_actix_web::{
    Received, VerifiedPostback,
    core::{SecretKey, Verifier},
    inbox::{Inbox, State},
    postback_route,
    projects::{Project, ProjectMap},
    projects_route,
};

use crate::verifier::{SECRET, verifier};

#[path = "../../cryptocloud-postback-axum/tests/shared/cases.rs"]
mod cases;
#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;

async fn responds_as_the_table_says(way: &str, configure: impl FnOnce(&mut ServiceConfig)) {
    let app = init_service(App::new().configure(configure)).await;
    for case in cases::all() {
        let method = case.method.parse().expect("a method");
        let request = TestRequest::with_uri("/shop").method(method);
        // First, because it sets `Content-Length`.
        let mut request = request.set_payload(case.body.clone());
        for header in &case.headers {
            request = request.insert_header(*header);
        }
        let response = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = read_body(response).await;
        let header = |name: &str| {
            let value = headers.get(name)?.to_str().expect("text");
            Some(value.to_owned())
        };
        case.check(way, status, header, &body);
    }
}

#[actix_web::test]
async fn the_extractor_responds_as_the_table_says() {
    async fn paid(_: VerifiedPostback) -> Received {
        Received
    }
    let configure = |config: &mut ServiceConfig| {
        config
            .app_data(verifier(SECRET))
            .route("/shop", web::route().to(paid));
    };
    responds_as_the_table_says("extractor", configure).await;
}

/// Nothing that is refused is stored.
#[actix_web::test]
async fn the_route_responds_as_the_table_says() {
    let (inbox, runs) = cases::inbox();
    let route = postback_route(verifier(SECRET), inbox.clone());
    responds_as_the_table_says("route", |config| {
        config.route("/shop", route);
    })
    .await;
    is_stored_once(&inbox, &runs).await;
}

#[actix_web::test]
async fn the_route_for_many_projects_responds_as_the_table_says() {
    let (inbox, runs) = cases::inbox();
    let key = SecretKey::new(SECRET).expect("a key");
    let verifier = Verifier::builder(key).project(inbox.project()).build();
    let project = Project::new(verifier.expect("a verifier"), inbox.clone());
    let projects = ProjectMap::new([project.expect("a project")]).expect("projects");
    responds_as_the_table_says("route for many projects", |config| {
        config.route("/{project}", projects_route(Arc::new(projects)));
    })
    .await;
    is_stored_once(&inbox, &runs).await;
}

async fn is_stored_once(inbox: &Inbox, runs: &AtomicUsize) {
    // The genuine ones are one payment.
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let reports = inbox.find("ILRAJE1Q").await.expect("reports");
    assert!(
        matches!(&*reports, [report] if report.state == State::Done),
        "{reports:?}"
    );
}
