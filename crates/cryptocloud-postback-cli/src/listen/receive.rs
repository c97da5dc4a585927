use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
};

use super::{app::App, request::StoredRequest, response::StoredResponse};

/// Takes a postback, and answers as the adapters do, or as the server behind did.
pub(super) async fn receive(State(app): State<Arc<App>>, request: Request) -> StoredResponse {
    let (_, answer) = app.take(StoredRequest::read(request).await, None);
    match answer.await {
        Ok(answer) => answer,
        Err(_) => StoredResponse::fault(StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
    }
}

/// A notification URL with another path is a common mistake.
pub(super) async fn elsewhere(State(app): State<Arc<App>>, request: Request) -> StoredResponse {
    let path = &app.settings.path;
    let text = format!("nothing is here: postbacks go to {path}");
    if request.method() == Method::POST {
        app.terminal.show_elsewhere(request.uri().path(), path);
    }
    StoredResponse::fault(StatusCode::NOT_FOUND, &text)
}
