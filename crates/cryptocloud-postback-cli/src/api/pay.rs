//! Makes payments happen.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cryptocloud_postback::{Amount, Format, UnixTime};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    invoice::{self, Invoice, Status, bare},
    mimic::{Mimic, Shop},
    python,
};
use crate::{client, guard};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payment {
    /// Whether to send a postback; defaults to yes, if there is a URL.
    postback: Option<bool>,
    /// What the customer pays in the coin, before the fee.
    #[serde(default, deserialize_with = "received")]
    received: Option<Amount>,
    status: Status,
    #[serde(default)]
    test_mode: bool,
}

/// `POST /pay/INV-XXXXXXXX`
pub(super) async fn pay(
    State(mimic): State<Arc<Mimic>>,
    Path(uuid): Path<String>,
    body: Bytes,
) -> Response {
    match settle(&mimic, &uuid, &body) {
        Ok((invoice, sends)) => {
            let postback = match &mimic.shop {
                Some(shop) if sends => send(shop, &invoice).await,
                _ => Value::Null,
            };
            let json =
                json!({ "uuid": invoice.uuid(), "status": invoice.status, "postback": postback });
            ([(CONTENT_TYPE, "application/json")], json.to_string()).into_response()
        }
        Err((status, problem)) => guard::error(status, &problem),
    }
}

fn settle(mimic: &Mimic, uuid: &str, body: &[u8]) -> Result<(Invoice, bool), (StatusCode, String)> {
    let bad = |problem: String| (StatusCode::BAD_REQUEST, problem);
    let payment: Payment = serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
    if payment.postback == Some(true) && mimic.shop.is_none() {
        return Err(bad(
            "there is no URL for it: start with --postback-url".to_owned()
        ));
    }
    let mut invoices = mimic.invoices();
    let invoice = invoices
        .get_mut(bare(uuid))
        .ok_or((StatusCode::NOT_FOUND, "no such invoice".to_owned()))?;
    invoice
        .settle(payment.status, payment.received.map(Amount::as_decimal))
        .map_err(|problem| (StatusCode::CONFLICT, problem.to_owned()))?;
    invoice.test_mode = payment.test_mode;
    // The vendor sends postbacks of payments alone.
    let is_payment = !matches!(payment.status, Status::Canceled | Status::Created);
    Ok((
        invoice.clone(),
        is_payment && payment.postback != Some(false),
    ))
}

fn received<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Amount>, D::Error> {
    invoice::amount(deserializer).map(Some)
}

/// Sends a postback with a new token, and says how the shop responded.
async fn send(shop: &Shop, invoice: &Invoice) -> Value {
    let mut builder = invoice.postback(shop.secret.as_str());
    if let Ok(now) = UnixTime::now() {
        builder = builder.expires_at(now.saturating_add(LIFETIME));
    }
    let request = client::Request::post(Format::Json.content_type(), builder.json().body());
    match shop.client.send(request).await {
        Ok(response) => json!({ "status": response.status.as_u16(), "response": response.body }),
        Err(error) => json!({ "error": error.reason }),
    }
}

/// `GET /pay/INV-XXXXXXXX`, the page that the link of an invoice leads to.
pub(super) async fn show(State(mimic): State<Arc<Mimic>>, Path(uuid): Path<String>) -> Response {
    let invoice = mimic.invoices().get(bare(&uuid)).cloned();
    let Some(invoice) = invoice else {
        return guard::error(StatusCode::NOT_FOUND, "no such invoice");
    };
    let json = python::to_json(&invoice.json(&mimic.origin, invoice::INFO));
    let json = String::from_utf8_lossy(&json);
    let json = json.replace('&', "&amp;").replace('<', "&lt;");
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (
        headers,
        PAGE.replace("{uuid}", &invoice.uuid())
            .replace("{json}", &json),
    )
        .into_response()
}

/// `GET /pay.js`
pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript")], SCRIPT).into_response()
}

const LIFETIME: Duration = Duration::from_secs(300);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>{uuid}</title>
<h1>Invoice {uuid}</h1>
<p>A mimic of the vendor's page: no money moves.</p>
<button type="button">Pay</button>
<output></output>
<pre style="white-space: pre-wrap">{json}</pre>
<script src="/pay.js"></script>
"#;

const SCRIPT: &str = r#"document.querySelector("button").onclick = async () => {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ status: "paid" }),
  });
  document.querySelector("output").textContent = await response.text();
};
"#;

const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      style-src 'unsafe-inline'; frame-ancestors 'none'";
