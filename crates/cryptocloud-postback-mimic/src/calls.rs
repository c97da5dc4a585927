//! The vendor's calls.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use time::{Date, macros::format_description};

use super::{
    invoice::{self, Invoice, Order, Status, bare},
    mimic::Mimic,
    python,
};

/// Refuses a call without a valid API KEY.
pub(super) async fn authorize(
    State(mimic): State<Arc<Mimic>>,
    request: Request,
    next: Next,
) -> Response {
    let header = request.headers().get(AUTHORIZATION);
    let key = header.and_then(|value| value.to_str().ok()?.strip_prefix("Token "));
    let is_valid = key.is_some_and(|key| match &mimic.key {
        Some(expected) => key == expected.as_str(),
        None => looks_like_api_key(key),
    });
    if is_valid {
        next.run(request).await
    } else {
        unauthorized()
    }
}

/// Three segments of base64url: an API KEY is a JWT.
pub(super) fn looks_like_api_key(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(is_plain);
    key.split('.').count() == 3 && key.split('.').all(is_segment)
}

pub(super) async fn create(
    State(mimic): State<Arc<Mimic>>,
    body: Bytes,
) -> Result<Response, Invalid> {
    let invoice = Invoice::new(parse::<Order>(&body)?).map_err(Invalid::from)?;
    let json = invoice.json(&mimic.origin, invoice::CREATE);
    mimic.invoices().insert(invoice.id.clone(), invoice);
    Ok(succeeded(json))
}

#[derive(Deserialize)]
struct Info {
    uuids: Vec<String>,
}

pub(super) async fn info(
    State(mimic): State<Arc<Mimic>>,
    body: Bytes,
) -> Result<Response, Invalid> {
    let Info { uuids } = parse(&body)?;
    if uuids.len() > MAX_PAGE {
        return Err("more than 100 uuids".into());
    }
    let invoices = mimic.invoices();
    // An unknown id is left out: how the vendor responds to one is not documented.
    let found = invoices
        .values()
        .filter(|invoice| uuids.iter().any(|uuid| bare(uuid) == invoice.id))
        .map(|invoice| invoice.json(&mimic.origin, invoice::INFO));
    Ok(succeeded(found.collect()))
}

#[derive(Deserialize)]
struct List {
    start: String,
    end: String,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

pub(super) async fn list(
    State(mimic): State<Arc<Mimic>>,
    body: Bytes,
) -> Result<Response, Invalid> {
    let list: List = parse(&body)?;
    let days = day(&list.start)?..=day(&list.end)?;
    let limit = list.limit.unwrap_or(10);
    if limit > MAX_PAGE {
        return Err("limit is more than 100".into());
    }
    let invoices = mimic.invoices();
    let page = invoices
        .values()
        .filter(|invoice| days.contains(&invoice.created.date()))
        .skip(list.offset)
        .take(limit)
        .map(|invoice| invoice.json(&mimic.origin, invoice::LIST));
    Ok(succeeded(page.collect()))
}

fn day(text: &str) -> Result<Date, Invalid> {
    let format = format_description!("[day].[month].[year]");
    Date::parse(text, format).map_err(|_| "start and end are dates as dd.mm.yyyy".into())
}

#[derive(Deserialize)]
struct Cancel {
    uuid: String,
}

pub(super) async fn cancel(
    State(mimic): State<Arc<Mimic>>,
    body: Bytes,
) -> Result<Response, Invalid> {
    let Cancel { uuid } = parse(&body)?;
    let mut invoices = mimic.invoices();
    let invoice = invoices.get_mut(bare(&uuid)).ok_or("no such invoice")?;
    if invoice.status != Status::Created {
        return Err("only a created invoice can be canceled".into());
    }
    invoice.settle(Status::Canceled, None)?;
    Ok(succeeded(json!(["ok"])))
}

/// Why a call is invalid.
pub(super) struct Invalid(String);

impl From<&str> for Invalid {
    fn from(problem: &str) -> Self {
        Self(problem.to_owned())
    }
}

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        failed(StatusCode::BAD_REQUEST, json!({ "validate_error": self.0 }))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Invalid> {
    serde_json::from_slice(body).map_err(|error| Invalid(error.to_string()))
}

pub(super) fn unauthorized() -> Response {
    let result = json!({ "authorization": "Unauthorized request." });
    failed(StatusCode::UNAUTHORIZED, result)
}

pub(super) fn failed(status: StatusCode, result: Value) -> Response {
    respond(status, &json!({ "status": "error", "result": result }))
}

fn succeeded(result: Value) -> Response {
    let body = json!({ "status": "success", "result": result });
    respond(StatusCode::OK, &body)
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, python::to_json(body)).into_response()
}

const MAX_PAGE: usize = 100;
