//! The routes for operators and their tools, on actix-web.

use std::future;

use actix_web::{
    HttpResponse, ResponseError, Route,
    http::StatusCode,
    web::{Data, Json, Path, ServiceConfig, get, post},
};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::Value;

use crate::{
    Backend, Error, Postbacks,
    held::{Accept, Dismiss},
};

/// `GET /held` lists what waits for an operator; `POST /held/{id}/accept`, `dismiss` and `retry` decide.
/// `GET /healthz` and `GET /readyz` are for a supervisor and a load balancer.
///
/// The application's data has the shop.
pub fn operator<S: Backend>(config: &mut ServiceConfig, postbacks: Postbacks) {
    config
        .app_data(Data::new(postbacks))
        .route("/held", get().to(held))
        .route("/held/{id}/accept", post().to(accept::<S>))
        .route("/held/{id}/dismiss", post().to(dismiss))
        .route("/held/{id}/retry", post().to(retry))
        .route("/healthz", get().to(async || "alive"))
        .route("/readyz", get().to(ready));
}

/// The response to `GET /metrics`.
#[must_use]
pub fn metrics(recorder: PrometheusHandle) -> Route {
    get().to(move || future::ready(recorder.render()))
}

async fn held(postbacks: Data<Postbacks>) -> Result<Json<Vec<Value>>, Error> {
    Ok(Json(postbacks.held().await?))
}

async fn accept<S: Backend>(
    shop: Data<S>,
    postbacks: Data<Postbacks>,
    id: Path<i64>,
    accept: Json<Accept>,
) -> Result<HttpResponse, Error> {
    postbacks.accept(&**shop, *id, accept.into_inner()).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn dismiss(
    postbacks: Data<Postbacks>,
    id: Path<i64>,
    dismiss: Json<Dismiss>,
) -> Result<HttpResponse, Error> {
    postbacks.dismiss(*id, dismiss.into_inner()).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn retry(postbacks: Data<Postbacks>, id: Path<i64>) -> Result<HttpResponse, Error> {
    postbacks.retry(*id).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn ready(postbacks: Data<Postbacks>) -> HttpResponse {
    let (status, text) = postbacks.ready().await;
    HttpResponse::build(status_code(status)).body(text)
}

impl ResponseError for Error {
    fn error_response(&self) -> HttpResponse {
        let (status, text) = self.response();
        HttpResponse::build(status_code(status)).body(text)
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
