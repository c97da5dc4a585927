//! `projects_route`: one process, many projects, over TCP.

use std::{net::SocketAddr, sync::Arc};

use axum::{Extension, Router};
use cryptocloud_postback_axum::{
    PostbackConfig,
    projects::{ProjectMap, Projects},
    projects_route,
};
use tokio::{io::AsyncWriteExt, net::TcpListener};

#[path = "shared/projects.rs"]
mod projects;
#[path = "shared/wire.rs"]
mod wire;

async fn serve(projects: Arc<dyn Projects>) -> SocketAddr {
    let config = PostbackConfig::default().body_timeout(projects::BODY_TIMEOUT);
    let app: Router = Router::new()
        .route("/postback/{project}", projects_route(projects))
        .layer(Extension(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn keeps_projects_apart() {
    projects::keeps_projects_apart(serve).await;
}

#[tokio::test]
async fn drops_the_body_of_an_unknown_project() {
    projects::drops_the_body_of_an_unknown_project(serve).await;
}

#[tokio::test]
async fn takes_up_a_changed_file() {
    projects::takes_up_a_changed_file(serve).await;
}

#[tokio::test]
async fn takes_up_a_kubernetes_secret() {
    projects::takes_up_a_kubernetes_secret(serve).await;
}

#[tokio::test]
async fn survives_a_source_that_is_down() {
    projects::survives_a_source_that_is_down(serve).await;
}

#[tokio::test]
async fn loads_once_for_many() {
    projects::loads_once_for_many(serve).await;
}

/// It is not told to continue, so that it sends no body that would be dropped.
#[tokio::test]
async fn a_sender_that_asks_first_sends_no_body() {
    let projects = ProjectMap::new([]).expect("projects");
    let mut stream = wire::connect(serve(Arc::new(projects)).await).await;
    let head = b"POST /postback/unknown HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
                 expect: 100-continue\r\ncontent-length: 1000\r\n\r\n";
    stream.write_all(head).await.expect("a head");
    let reply = wire::response(&mut stream).await.expect("a response");
    assert!(reply.starts_with("HTTP/1.1 404 "), "{reply}");
}
