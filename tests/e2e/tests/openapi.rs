//! The routes of both adapters do what their documents say.

use std::{net::SocketAddr, panic::resume_unwind, sync::Arc};

use actix_web::{HttpServer, web};
use cryptocloud_postback::{SecretKey, Verifier};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment};
use cryptocloud_postback_projects::{Project, ProjectMap};
use tokio::{net::TcpListener, task};

use crate::{schemathesis, servers::SECRET};

struct Shop;

impl Handler<()> for Shop {
    async fn handle(&self, _: &Payment, (): &mut ()) -> Result<(), Failure> {
        Ok(())
    }
}

fn project() -> (Verifier, Inbox) {
    let verifier = Verifier::builder(SecretKey::new(SECRET).expect("a key")).project("shop");
    let inbox = Inbox::builder("shop", MemoryStore::new(100_000), Shop);
    (
        verifier.build().expect("a verifier"),
        inbox.build().expect("an inbox"),
    )
}

fn projects() -> Arc<ProjectMap> {
    let (verifier, inbox) = project();
    let project = Project::new(verifier, inbox).expect("a project");
    Arc::new(ProjectMap::new([project]).expect("a map"))
}

#[tokio::test(flavor = "multi_thread")]
async fn axum() {
    use cryptocloud_postback_axum::{
        postback_openapi, postback_route, projects_openapi, projects_route,
    };

    let (verifier, inbox) = project();
    let document =
        postback_openapi("/postback").merge_from(projects_openapi("/projects/{project}"));
    let app = axum::Router::new()
        .route("/postback", postback_route(verifier, inbox))
        .route("/projects/{project}", projects_route(projects()))
        .route(
            "/openapi.json",
            axum::routing::get(async || axum::Json(document)),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    check(address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn actix_web() {
    use cryptocloud_postback_actix_web::{
        postback_openapi, postback_route, projects_openapi, projects_route,
    };

    let (verifier, inbox) = project();
    let document =
        postback_openapi("/postback").merge_from(projects_openapi("/projects/{project}"));
    let projects = projects();
    let app = move || {
        let document = document.clone();
        let openapi = web::get().to(move || std::future::ready(web::Json(document.clone())));
        actix_web::App::new()
            .route("/postback", postback_route(verifier.clone(), inbox.clone()))
            .route("/projects/{project}", projects_route(projects.clone()))
            .route("/openapi.json", openapi)
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0");
    let server = server.expect("a port");
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    check(address).await;
}

async fn check(address: SocketAddr) {
    let run = move || schemathesis::run(&format!("http://{address}/openapi.json"), SECRET);
    let seen = task::spawn_blocking(run).await;
    let Some(seen) = seen.unwrap_or_else(|error| resume_unwind(error.into_panic())) else {
        return;
    };
    for line in [
        "PUT /postback 405",
        "POST /postback 200",
        "POST /postback 400",
        "POST /postback 401",
        "POST /postback 415",
        "POST /projects/{project} 200",
        "POST /projects/{project} 404",
    ] {
        assert!(seen.contains(line), "{line} is missing in {seen:?}");
    }
}
