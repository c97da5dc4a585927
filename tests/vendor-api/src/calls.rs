//! What the vendor responds with.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{Inner, KEY, Request, invoice};

pub(crate) fn respond(state: &mut Inner, request: &Request) -> Response {
    if request.authorization != format!("Token {KEY}") {
        let result = json!({"authorization": "Unauthorized request."});
        return error(StatusCode::UNAUTHORIZED, &result);
    }
    let result = match &*request.path {
        "/v2/invoice/create" => create(state, &request.body),
        "/v2/invoice/merchant/canceled" => cancel(state, &request.body),
        "/v2/invoice/merchant/info" => info(state, &request.body),
        "/v2/invoice/merchant/list" => list(state, &request.body),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match result {
        Ok(result) => Json(json!({"status": "success", "result": result})).into_response(),
        Err(field) => {
            let faults = json!({"validate_error": {field: "is not valid"}});
            error(StatusCode::BAD_REQUEST, &faults)
        }
    }
}

/// Whether this is the invoice of that id, with or without its prefix.
pub(crate) fn is(invoice: &Value, id: &str) -> bool {
    let bare = |id: &str| id.trim_start_matches("INV-").to_owned();
    invoice["uuid"].as_str().map(bare) == Some(bare(id))
}

fn create(state: &mut Inner, request: &Value) -> Result<Value, &'static str> {
    request["shop_id"].as_str().ok_or("shop_id")?;
    let amount = request["amount"]
        .as_f64()
        .filter(|amount| *amount > 0.0)
        .ok_or("amount")?;
    let mut created = invoice(&format!("NEW{:05}", state.invoices.len()), "created");
    for field in ["amount", "amount_usd", "amount_in_fiat"] {
        created[field] = amount.into();
    }
    created["order_id"] = request["order_id"].clone();
    if let Some(code) = request["currency"].as_str() {
        created["fiat_currency"] = code.into();
    }
    state.invoices.push(created.clone());
    Ok(created)
}

fn cancel(state: &mut Inner, request: &Value) -> Result<Value, &'static str> {
    let id = request["uuid"].as_str().ok_or("uuid")?;
    let known = state
        .invoices
        .iter_mut()
        .find(|known| is(known, id))
        .ok_or("uuid")?;
    if known["status"] != "created" {
        return Err("uuid");
    }
    known["status"] = "canceled".into();
    Ok(json!(["ok"]))
}

fn info(state: &Inner, request: &Value) -> Result<Value, &'static str> {
    let ids = request["uuids"]
        .as_array()
        .filter(|ids| ids.len() <= 100)
        .ok_or("uuids")?;
    let mut found = Vec::new();
    for id in ids {
        let id = id.as_str().ok_or("uuids")?;
        match state.invoices.iter().find(|known| is(known, id)) {
            Some(known) => found.push(known.clone()),
            None if state.refuses_unknown => return Err("uuids"),
            None => {}
        }
    }
    Ok(found.into())
}

fn list(state: &Inner, request: &Value) -> Result<Value, &'static str> {
    let start = request["start"].as_str().and_then(iso).ok_or("start")?;
    let end = request["end"].as_str().and_then(iso).ok_or("end")?;
    let number = |name| {
        request[name]
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
    };
    let offset = number("offset").unwrap_or(0);
    let limit = number("limit").unwrap_or(10);
    let length = if state.limit_is_last {
        limit.saturating_sub(offset)
    } else {
        limit
    };
    if length > 100 {
        return Err("limit");
    }
    let of_days = state.invoices.iter().filter(|known| {
        let day = known["created"]
            .as_str()
            .and_then(|created| created.get(..10));
        day.is_some_and(|day| (&*start..=&*end).contains(&day))
    });
    let length = length.min(state.longest_page.unwrap_or(length));
    Ok(of_days.skip(offset).take(length).cloned().collect())
}

/// `yyyy-mm-dd` of `dd.mm.yyyy`.
fn iso(day: &str) -> Option<String> {
    let parts: Vec<_> = day.split('.').collect();
    match parts[..] {
        [day, month, year] => Some(format!("{year}-{month}-{day}")),
        _ => None,
    }
}

fn error(status: StatusCode, result: &Value) -> Response {
    (status, Json(json!({"status": "error", "result": result}))).into_response()
}
