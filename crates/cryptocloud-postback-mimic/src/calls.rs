//! The vendor's calls.

use std::fmt;

use axum::{
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, StatusCode, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use cryptocloud_postback::{Decimal, InvoiceStatus, OffsetDateTime, testing::PostbackBuilder};
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};
use time::{Date, Duration, macros::format_description};

use crate::{
    Invoice, Mimic,
    invoice::{self, bare, decimal},
    python,
};

/// A call that arrived.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The path, such as `/v2/invoice/create`.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: String,
    /// The body; null if it was not JSON.
    pub body: Value,
}

/// `POST /v2/...`
pub(crate) async fn call(
    State(mimic): State<Mimic>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers.get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let mut request = Request {
        path: uri.path().to_owned(),
        authorization: authorization.unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let fault = mimic.receive(&mut request);
    let good = || {
        let (status, body) = match respond(&mimic, &request) {
            Ok(result) => (
                StatusCode::OK,
                json!({ "status": "success", "result": result }),
            ),
            Err((status, result)) => (status, json!({ "status": "error", "result": result })),
        };
        let headers = [(CONTENT_TYPE, "application/json")];
        (status, headers, python::json(&body)).into_response()
    };
    match fault {
        Some(fault) => fault.response(good).await,
        None => good(),
    }
}

/// The status and the `result` of an error response.
type Refusal = (StatusCode, Value);

fn respond(mimic: &Mimic, request: &Request) -> Result<Value, Refusal> {
    let key = request.authorization.strip_prefix("Token ");
    if !key.is_some_and(|key| mimic.accepts(key)) {
        return Err((StatusCode::UNAUTHORIZED, unauthorized()));
    }
    match &*request.path {
        "/v2/invoice/create" => create(mimic, &request.body),
        "/v2/invoice/merchant/canceled" => cancel(mimic, &request.body),
        "/v2/invoice/merchant/info" => info(mimic, &request.body),
        "/v2/invoice/merchant/list" => list(mimic, &request.body),
        _ => Err((StatusCode::NOT_FOUND, json!("no such call"))),
    }
}

pub(crate) fn unauthorized() -> Value {
    json!({ "authorization": "Unauthorized request." })
}

fn invalid(field: &str, problem: &str) -> Refusal {
    let result = json!({ "validate_error": { field: problem } });
    (StatusCode::BAD_REQUEST, result)
}

/// Ignores the fields that are not named here.
fn create(mimic: &Mimic, request: &Value) -> Result<Value, Refusal> {
    if request["shop_id"].as_str().unwrap_or_default().is_empty() {
        return Err(invalid("shop_id", "is missing"));
    }
    let price = decimal(&request["amount"])
        .filter(|price| !price.is_zero() && *price <= MAX_PRICE)
        .ok_or_else(|| invalid("amount", "is not between 0 and 1000000000"))?;
    let fiat = code(request, "currency", "USD")?;
    let fields = &request["add_fields"];
    let coin = code(fields, "cryptocurrency", "USDT_TRC20")?;
    let time = &fields["time_to_pay"];
    let number = |name| time[name].as_i64().unwrap_or(0).clamp(0, 100_000);
    let minutes = 60 * number("hours") + number("minutes");
    let time = if time.is_null() {
        Duration::DAY
    } else {
        Duration::minutes(minutes)
    };

    let usd = if fiat == "USD" {
        price
    } else {
        price * USD_PER_FIAT
    };
    let id = Alphanumeric
        .sample_string(&mut rand::rng(), 8)
        .to_ascii_uppercase();
    let postback = PostbackBuilder::new("").invoice_id(&id).currency(coin);
    let one = Invoice::unpaid(&postback.clone().amount("1"));
    let usd_per_coin = decimal(&one["amount_usd"]).unwrap_or(Decimal::ONE);
    let postback = postback
        .amount(&(usd / usd_per_coin).round_dp(8).normalize().to_string())
        .usd(&usd.round_dp(2).to_string())
        .fiat(&price.to_string(), fiat);
    let mut invoice = Invoice::unpaid(&postback);
    let now = OffsetDateTime::now_utc();
    let seconds = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    invoice["created"] = invoice::date(now);
    invoice["expiry_date"] = (now + time).format(seconds).unwrap_or_default().into();
    invoice["order_id"] = match &request["order_id"] {
        id @ (Value::Null | Value::String(_)) => id.clone(),
        other => other.to_string().into(),
    };
    let shown = invoice.shown(mimic.url(), invoice::CREATE);
    mimic.add(invoice);
    Ok(shown)
}

fn code<'a>(fields: &'a Value, name: &str, default: &'a str) -> Result<&'a str, Refusal> {
    let code = match &fields[name] {
        Value::Null => Some(default),
        value => value.as_str(),
    };
    let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    code.filter(|code| code.chars().all(is_code))
        .ok_or_else(|| invalid(name, "is not a code"))
}

fn cancel(mimic: &Mimic, request: &Value) -> Result<Value, Refusal> {
    let id = request["uuid"].as_str().unwrap_or_default();
    let is_created = mimic
        .invoice(id)
        .is_some_and(|known| known["status"] == "created");
    if !is_created || mimic.pay(id, InvoiceStatus::Canceled).is_err() {
        return Err(invalid("uuid", "is not that of a created invoice"));
    }
    Ok(json!(["ok"]))
}

fn info(mimic: &Mimic, request: &Value) -> Result<Value, Refusal> {
    let ids = request["uuids"]
        .as_array()
        .filter(|ids| ids.len() <= MAX_PAGE);
    let ids = ids.ok_or_else(|| invalid("uuids", "are not at most 100 ids"))?;
    let ids: Vec<_> = ids.iter().filter_map(|id| id.as_str()).map(bare).collect();
    // An unknown id is left out: how the vendor responds to one is not documented.
    Ok(mimic.invoices(|invoices| {
        let found = invoices
            .iter()
            .filter(|invoice| ids.contains(&invoice.id()));
        found
            .map(|invoice| invoice.shown(mimic.url(), invoice::INFO))
            .collect()
    }))
}

fn list(mimic: &Mimic, request: &Value) -> Result<Value, Refusal> {
    let day = |field| {
        let format = format_description!("[day].[month].[year]");
        let day = request[field]
            .as_str()
            .and_then(|day| Date::parse(day, format).ok());
        let day = day.ok_or_else(|| invalid(field, "is not a date as dd.mm.yyyy"))?;
        Ok::<_, Refusal>(day.to_string())
    };
    let (start, end) = (day("start")?, day("end")?);
    let number = |field, default| {
        let number = request[field]
            .as_u64()
            .and_then(|number| number.try_into().ok());
        number.unwrap_or(default)
    };
    let (offset, limit) = (number("offset", 0), number("limit", 10));
    if limit > MAX_PAGE {
        return Err(invalid("limit", "is more than 100"));
    }
    let is_within = |invoice: &&Invoice| {
        let day = invoice["created"]
            .as_str()
            .and_then(|created| created.get(..10));
        day.is_some_and(|day| (&*start..=&*end).contains(&day))
    };
    Ok(mimic.invoices(|invoices| {
        let page = invoices.iter().filter(is_within).skip(offset).take(limit);
        page.map(|invoice| invoice.shown(mimic.url(), invoice::LIST))
            .collect()
    }))
}

/// Without the key.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("path", &self.path)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

const MAX_PAGE: usize = 100;

/// A unit of any other currency is half a dollar, so that a shop that confuses the two finds out.
const USD_PER_FIAT: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

/// Far below what a decimal can hold.
const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
