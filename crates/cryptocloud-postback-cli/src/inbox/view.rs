//! Stored reports, for people and for programs.

use std::{slice, time::SystemTime};

use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use cryptocloud_postback::{Currency, OffsetDateTime, UnixTime};
use cryptocloud_postback_inbox::{Accepted, Decided, Event, Record, Report, State};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::output::Escaped;

/// What was reported. Amounts are strings, so that no reader turns them into floats.
pub(super) fn reported(report: &Report) -> [(&'static str, Value); 5] {
    let fields = &report.fields;
    [
        ("project", json!(report.identity.project())),
        ("invoice_id", json!(report.invoice_id())),
        ("order_id", json!(fields.order_id)),
        ("amount_crypto", json!(fields.amount_crypto)),
        ("currency", json!(fields.currency)),
    ]
}

pub(super) fn json(record: &Record) -> Value {
    let hold = record.hold.as_ref();
    let hold = hold.map(|hold| json!({ "kind": hold.kind.as_str(), "reason": hold.reason }));
    let fields = [
        ("id", json!(record.id.number())),
        ("state", json!(record.state.as_str())),
        ("source", json!(record.report.source.as_str())),
        ("attempts", json!(record.attempts)),
        ("hold", json!(hold)),
        ("last_error", json!(record.last_error)),
        ("accepted", json!(record.accepted.as_ref().map(accepted))),
        ("received_at", json!(time(record.received_at))),
        ("due_at", json!(record.due_at.map(time))),
        ("settled_at", json!(record.settled_at.map(time))),
    ];
    fields.into_iter().chain(reported(&record.report)).collect()
}

fn accepted(accepted: &Accepted) -> Value {
    json!({ "amount": accepted.amount(), "order_id": accepted.order_id() })
}

pub(super) fn decision(decided: &Decided) -> Value {
    json!({
        "at": time(decided.at),
        "by": decided.decision.by,
        "event": format!("{:?}", decided.event).to_lowercase(),
        "from": decided.from.as_str(),
        "accepted": decided.accepted.as_ref().map(accepted),
        "note": decided.decision.note,
    })
}

/// What was credited by a report that is done: as an operator accepted it, or else as reported.
pub(super) fn credited(record: &Record, history: &[Decided]) -> Value {
    let mut accepts = history.iter().rev();
    let accept = accepts.find(|decided| decided.event == Event::Accept);
    let by = accept.map(|accept| &accept.decision.by);
    let fields = [
        ("id", json!(record.id.number())),
        ("settled_at", json!(record.settled_at.map(time))),
        ("accepted", json!(record.accepted.as_ref().map(accepted))),
        ("accepted_by", json!(by)),
    ];
    fields.into_iter().chain(reported(&record.report)).collect()
}

/// The same as JSON for people: a line for each value, and for each item of a list.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let items = match value {
            Value::Null => &[],
            Value::Array(items) => &**items,
            value => slice::from_ref(value),
        };
        for item in items {
            text += &format!("{name:<16}  {}\n", Escaped(&inline(item)));
        }
    }
    text
}

fn inline(value: &Value) -> String {
    let parts: Vec<_> = match value {
        Value::Array(items) => items.iter().map(inline).collect(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .filter(|(_, value)| !value.is_null() && *value != "");
            let field = |(name, value)| format!("{name} {}", inline(value));
            fields.map(field).collect()
        }
        Value::String(text) => return text.clone(),
        value => return value.to_string(),
    };
    parts.join(", ")
}

/// A table within 80 columns, with the reason for the state below the payment.
pub(super) fn table(records: &[Record]) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(80)
        .set_header(["report", "state", "received", "invoice, order, amount"]);
    for record in records {
        let lines = [words(&record.report), reason(record)];
        let payment = lines.map(|line| Escaped(&line).to_string()).join("\n");
        table.add_row([
            &*record.id.to_string(),
            record.state.as_str(),
            time(record.received_at).get(..16).unwrap_or_default(),
            payment.trim_end(),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt() + "\n"
}

/// What arrived, in a few words.
pub(super) fn words(report: &Report) -> String {
    let fields = &report.fields;
    let order = fields.order_id.as_deref().unwrap_or("-");
    let amount = fields.amount_crypto.map(|amount| amount.to_string());
    let amount = amount.as_deref().unwrap_or("-");
    let currency = fields.currency.as_ref().map_or("", Currency::as_str);
    let invoice = report.invoice_id();
    format!("{invoice}, order {order}, {amount} {currency}")
}

/// Why it is held, or was not handled yet.
fn reason(record: &Record) -> String {
    match (&record.hold, &record.last_error) {
        (Some(hold), _) if record.state == State::Held => {
            let reason = format!("{}: {}", hold.kind.as_str(), hold.reason);
            reason.trim_end_matches(": ").to_owned()
        }
        (_, Some(error)) if record.state.is_unfinished() => error.to_string(),
        _ => String::new(),
    }
}

/// RFC 3339. Times stop at its last year, 9999.
fn time(time: UnixTime) -> String {
    let time = OffsetDateTime::from(SystemTime::from(time));
    time.format(&Rfc3339).unwrap_or_default()
}
