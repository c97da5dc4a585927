//! Makes payments happen.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
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
use crate::{client::Request, guard, page};

/// What a customer does, and the body of `POST /pay/INV-XXXXXXXX`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Whether to send a postback; defaults to yes, if there is a URL.
    postback: Option<bool>,
    /// What the customer pays in the coin, before the fee.
    #[serde(default, deserialize_with = "received")]
    received: Option<Amount>,
    status: Status,
    #[serde(default)]
    test_mode: bool,
}

impl Payment {
    /// A payment after which the invoice has this status, and that fits it.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self {
            postback: None,
            received: None,
            status,
            test_mode: false,
        }
    }

    /// The vendor sends postbacks of payments alone.
    fn sends_postback(self) -> bool {
        !matches!(self.status, Status::Canceled | Status::Created) && self.postback != Some(false)
    }
}

impl Mimic {
    /// Pays or cancels an invoice, without a postback; the payment that it has already changes nothing.
    ///
    /// # Errors
    ///
    /// Returns an error, and the status of the response to it, if there is no such invoice or its state
    /// does not allow this payment.
    pub fn pay(&self, uuid: &str, payment: Payment) -> Result<Invoice, (StatusCode, &'static str)> {
        let mut invoices = self.invoices();
        let invoice = invoices
            .get_mut(bare(uuid))
            .ok_or((StatusCode::NOT_FOUND, "no such invoice"))?;
        invoice
            .settle(payment.status, payment.received.map(Amount::as_decimal))
            .map_err(|problem| (StatusCode::CONFLICT, problem))?;
        invoice.test_mode = payment.test_mode;
        Ok(invoice.clone())
    }
}

/// `POST /pay/INV-XXXXXXXX`
pub(super) async fn pay(
    State(mimic): State<Arc<Mimic>>,
    Path(uuid): Path<String>,
    body: Bytes,
) -> Response {
    let payment: Payment = match serde_json::from_slice(&body) {
        Ok(payment) => payment,
        Err(error) => return guard::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if payment.postback == Some(true) && mimic.shop.is_none() {
        let problem = "there is no URL for it: start with --postback-url";
        return guard::error(StatusCode::BAD_REQUEST, problem);
    }
    let invoice = match mimic.pay(&uuid, payment) {
        Ok(invoice) => invoice,
        Err((status, problem)) => return guard::error(status, problem),
    };
    let postback = match &mimic.shop {
        Some(shop) if payment.sends_postback() => send(shop, &invoice).await,
        _ => Value::Null,
    };
    let json = json!({ "uuid": invoice.uuid(), "status": invoice.status, "postback": postback });
    ([(CONTENT_TYPE, "application/json")], json.to_string()).into_response()
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
    let request = Request::post(Format::Json.content_type(), builder.json().body());
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
    let page = PAGE.replace("{uuid}", &invoice.uuid());
    Html(page.replace("{json}", &json)).into_response()
}

/// The files of the page, beside the ones that all pages share.
pub(super) const FILES: [page::File; 1] = [("pay.js", SCRIPT)];

const LIFETIME: Duration = Duration::from_secs(300);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="../page/base.css">
<title>{uuid}</title>
<main class="list">
  <h1>Invoice {uuid}</h1>
  <p>A mimic of the vendor's page: no money moves.</p>
  <p><button type="button" class="primary">Pay</button></p>
  <p role="status"></p>
  <pre>{json}</pre>
</main>
<script type="module" src="../page/pay.js"></script>
"#;

const SCRIPT: &str = r#"import { call } from './call.js';
document.querySelector('button').onclick = async () => {
  const { result, problem } = await call('POST', location.pathname, { status: 'paid' });
  document.querySelector('[role=status]').textContent = problem ?? `The invoice is paid. ${postback(result)}`;
};
function postback({ postback: sent }) {
  if (sent === null) return 'No postback was sent.';
  return sent.error ? `The postback did not reach the shop: ${sent.error}.` : `The shop responded with ${sent.status}.`;
}
"#;
