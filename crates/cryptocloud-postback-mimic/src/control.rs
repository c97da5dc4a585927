//! What controls the mimic over HTTP.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use cryptocloud_postback::InvoiceStatus::{Canceled, Created};
use serde_json::{Value, json};

use crate::{Error, Mimic, Payment, invoice};

pub(crate) fn router() -> Router<Mimic> {
    let file =
        |kind: &'static str, text: &'static str| get(async move || ([(CONTENT_TYPE, kind)], text));
    Router::new()
        .route("/faults", post(fail).delete(recover))
        .route("/pay/{id}", get(show).post(pay))
        .route(
            "/pay/pay.css",
            file("text/css; charset=utf-8", include_str!("pay.css")),
        )
        .route(
            "/pay/pay.js",
            file("text/javascript; charset=utf-8", include_str!("pay.js")),
        )
}

async fn fail(State(mimic): State<Mimic>, body: String) -> Result<StatusCode, Error> {
    mimic.fail_json(&body)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn recover(State(mimic): State<Mimic>) -> StatusCode {
    mimic.recover();
    StatusCode::NO_CONTENT
}

/// The page that the link of an invoice leads to.
async fn show(State(mimic): State<Mimic>, Path(id): Path<String>) -> Result<Html<String>, Error> {
    let invoice = mimic.invoice(&id).ok_or(Error::UnknownInvoice)?;
    let json = serde_json::to_string_pretty(&invoice.shown(mimic.url(), invoice::INFO))?;
    let json = json.replace('&', "&amp;").replace('<', "&lt;");
    Ok(Html(
        include_str!("pay.html")
            .replace("{id}", invoice.id())
            .replace("{json}", &json),
    ))
}

async fn pay(
    State(mimic): State<Mimic>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Error> {
    let payment: Payment = serde_json::from_slice(&body)?;
    let has_shop = mimic.shop().is_some();
    if payment.postback == Some(true) && !has_shop {
        return Err(Error::NoPostbackUrl);
    }
    // The vendor sends postbacks of payments only.
    let is_paid = payment.status != Canceled && payment.status != Created;
    let is_sent = has_shop && is_paid && payment.postback != Some(false);
    let invoice = mimic.pay(&id, payment)?;
    let postback = match is_sent.then(|| mimic.send_postback(&id)) {
        None => Value::Null,
        Some(sent) => match sent.await {
            Ok((status, response)) => json!({ "status": status, "response": response }),
            Err(error) => json!({ "error": error.to_string() }),
        },
    };
    let json =
        json!({ "uuid": invoice["uuid"], "status": invoice["status"], "postback": postback });
    Ok(([(CONTENT_TYPE, "application/json")], json.to_string()).into_response())
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotAllowed => StatusCode::CONFLICT,
            Self::UnknownInvoice => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.to_string() }).to_string();
        (status, [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}
