//! The routes for operators and their tools, on axum.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use cryptocloud_postback_inbox::Decision;

use crate::{
    Backend, Error, Postbacks,
    held::{self, Accept, Dismiss, Held},
    openapi::openapi,
};

/// `GET /held` lists what waits for an operator; `POST /held/{id}/accept`, `dismiss` and `retry` decide.
/// `GET /healthz` and `GET /readyz` are for a supervisor and a load balancer, and
/// `GET /openapi.json` describes all routes.
pub fn operator(shop: impl Backend, postbacks: Postbacks) -> Router {
    let document = openapi(&postbacks);
    let accept = Router::new()
        .route("/held/{id}/accept", post(accept))
        .with_state((shop, postbacks.clone()));
    Router::new()
        .route("/held", get(held))
        .route("/held/{id}/dismiss", post(dismiss))
        .route("/held/{id}/retry", post(retry))
        .route("/healthz", get(async || "alive"))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(async || Json(document)))
        .with_state(postbacks)
        .merge(accept)
}

async fn held(State(postbacks): State<Postbacks>) -> Result<Json<Vec<Held>>, Error> {
    Ok(Json(postbacks.held().await?))
}

async fn accept(
    State((shop, postbacks)): State<(impl Backend, Postbacks)>,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Json(accept): Json<Accept>,
) -> Result<(), Error> {
    postbacks.accept(&shop, id, accept, by(&headers)).await
}

async fn dismiss(
    State(postbacks): State<Postbacks>,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Json(dismiss): Json<Dismiss>,
) -> Result<(), Error> {
    postbacks.dismiss(id, dismiss, by(&headers)).await
}

async fn retry(
    State(postbacks): State<Postbacks>,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<(), Error> {
    postbacks.retry(id, by(&headers)).await
}

fn by(headers: &HeaderMap) -> Decision {
    held::operator(headers.get(held::OPERATOR).map(HeaderValue::as_bytes))
}

async fn ready(State(postbacks): State<Postbacks>) -> (StatusCode, String) {
    let (status, text) = postbacks.ready().await;
    (status_code(status), text)
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, text) = self.response();
        (status_code(status), text).into_response()
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
