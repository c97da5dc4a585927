use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
};

use super::{app::App, request::StoredRequest, response::StoredResponse};

/// Receives a postback, and responds as the adapters do, or as the server that it is forwarded to.
pub(super) async fn receive(State(app): State<Arc<App>>, request: Request) -> StoredResponse {
    let (_, response) = app.handle(StoredRequest::read(request).await, None);
    match response.await {
        Ok(response) => response,
        Err(_) => StoredResponse::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
    }
}

/// A notification URL with the wrong path is a common mistake, so name the right one.
pub(super) async fn wrong_path(State(app): State<Arc<App>>, request: Request) -> StoredResponse {
    let path = &app.settings.path;
    if request.method() == Method::POST {
        let wrong = request.uri().path();
        app.terminal.wrong_path(&app.settings, wrong);
    }
    let text = format!("no such path: send postbacks to {path}");
    StoredResponse::error(StatusCode::NOT_FOUND, &text)
}
