//! The routes for operators and their tools, on actix-web.

use std::future;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError, Route,
    http::{
        StatusCode,
        header::{ContentType, HeaderValue},
    },
    web::{Data, Json, Path, ServiceConfig, get, resource},
};
use cryptocloud_postback_inbox::Decision;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    Backend, Error, Postbacks,
    held::{self, Accept, Dismiss, Held},
    openapi::openapi,
};

/// `GET /held` lists what waits for an operator; `POST /held/{id}/accept`, `dismiss` and `retry` decide.
/// `GET /healthz` and `GET /readyz` are for a supervisor and a load balancer, and
/// `GET /openapi.json` describes all routes.
///
/// The application's data has the shop.
pub fn operator<S: Backend>(config: &mut ServiceConfig, postbacks: Postbacks) {
    let document = openapi(&postbacks);
    config
        .app_data(Data::new(postbacks))
        // With `route` alone, another method is a 404.
        .service(resource("/held").get(held))
        .service(resource("/held/{id}/accept").post(accept::<S>))
        .service(resource("/held/{id}/dismiss").post(dismiss))
        .service(resource("/held/{id}/retry").post(retry))
        .service(resource("/healthz").get(async || "alive"))
        .service(resource("/readyz").get(ready))
        .service(resource("/openapi.json").get(move || future::ready(Json(document.clone()))));
}

/// The response to `GET /metrics`.
#[must_use]
pub fn metrics(recorder: PrometheusHandle) -> Route {
    get().to(move || future::ready(recorder.render()))
}

async fn held(postbacks: Data<Postbacks>) -> Result<Json<Vec<Held>>, Error> {
    Ok(Json(postbacks.held().await?))
}

async fn accept<S: Backend>(
    shop: Data<S>,
    postbacks: Data<Postbacks>,
    id: Path<i64>,
    request: HttpRequest,
    accept: Json<Accept>,
) -> Result<HttpResponse, Error> {
    let accept = accept.into_inner();
    postbacks.accept(&**shop, *id, accept, by(&request)).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn dismiss(
    postbacks: Data<Postbacks>,
    id: Path<i64>,
    request: HttpRequest,
    dismiss: Json<Dismiss>,
) -> Result<HttpResponse, Error> {
    let dismiss = dismiss.into_inner();
    postbacks.dismiss(*id, dismiss, by(&request)).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn retry(
    postbacks: Data<Postbacks>,
    id: Path<i64>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    postbacks.retry(*id, by(&request)).await?;
    Ok(HttpResponse::Ok().finish())
}

fn by(request: &HttpRequest) -> Decision {
    let name = request.headers().get(held::OPERATOR);
    held::operator(name.map(HeaderValue::as_bytes))
}

async fn ready(postbacks: Data<Postbacks>) -> HttpResponse {
    text(postbacks.ready().await)
}

impl ResponseError for Error {
    fn error_response(&self) -> HttpResponse {
        text(self.response())
    }
}

fn text((status, text): (u16, String)) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    // A body alone has no type.
    response.content_type(ContentType::plaintext()).body(text)
}
