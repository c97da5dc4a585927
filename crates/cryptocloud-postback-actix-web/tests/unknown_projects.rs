//! Unknown names take no memory. Alone in its process, whose memory it measures.

use std::sync::Arc;

use actix_web::{App, HttpServer, rt};
use cryptocloud_postback_actix_web::projects_route;
use cryptocloud_postback_projects::CachedProjects;

#[path = "../../cryptocloud-postback-axum/tests/shared/unknown_projects.rs"]
mod unknown_projects;

#[actix_web::test]
async fn unknown_projects_take_no_memory() {
    let projects = Arc::new(CachedProjects::new(unknown_projects::Nothing));
    let server = HttpServer::new(move || {
        App::new().route("/postback/{project}", projects_route(projects.clone()))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0));
    let server = server.expect("a port");
    let address = server.addrs()[0];
    rt::spawn(server.run());
    unknown_projects::take_no_memory(address).await;
}
