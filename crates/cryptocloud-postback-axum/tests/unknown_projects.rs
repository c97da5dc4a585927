//! Unknown names take no memory. Alone in its process, whose memory it measures.

use std::sync::Arc;

use axum::Router;
use cryptocloud_postback_axum::projects_route;
use cryptocloud_postback_projects::CachedProjects;
use tokio::net::TcpListener;

#[path = "shared/unknown_projects.rs"]
mod unknown_projects;

#[tokio::test]
async fn unknown_projects_take_no_memory() {
    let projects = Arc::new(CachedProjects::new(unknown_projects::Nothing));
    let app: Router = Router::new().route("/postback/{project}", projects_route(projects));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    unknown_projects::take_no_memory(address).await;
}
