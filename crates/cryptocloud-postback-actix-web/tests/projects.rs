//! `projects_route`: one process, many projects, over TCP.

use std::{net::SocketAddr, sync::Arc};

use actix_web::{App, HttpServer, rt};
use cryptocloud_postback_actix_web::{PostbackConfig, projects::Projects, projects_route};

#[path = "../../cryptocloud-postback-axum/tests/shared/projects.rs"]
mod projects;
#[path = "../../cryptocloud-postback-axum/tests/shared/wire.rs"]
mod wire;

async fn serve(projects: Arc<dyn Projects>) -> SocketAddr {
    let config = PostbackConfig::default().body_timeout(projects::BODY_TIMEOUT);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(config.clone())
            .route("/postback/{project}", projects_route(projects.clone()))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0));
    let server = server.expect("a port");
    let address = server.addrs()[0];
    rt::spawn(server.run());
    address
}

#[actix_web::test]
async fn keeps_projects_apart() {
    projects::keeps_projects_apart(serve).await;
}

#[actix_web::test]
async fn drops_the_body_of_an_unknown_project() {
    projects::drops_the_body_of_an_unknown_project(serve).await;
}

#[actix_web::test]
async fn takes_up_a_changed_file() {
    projects::takes_up_a_changed_file(serve).await;
}

#[actix_web::test]
async fn takes_up_a_kubernetes_secret() {
    projects::takes_up_a_kubernetes_secret(serve).await;
}

#[actix_web::test]
async fn survives_a_source_that_is_down() {
    projects::survives_a_source_that_is_down(serve).await;
}

#[actix_web::test]
async fn loads_once_for_many() {
    projects::loads_once_for_many(serve).await;
}
