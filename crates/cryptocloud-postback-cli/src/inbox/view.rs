//! Stored reports, for people and for programs.

use std::fmt::{self, Write};

use anstyle::Style;
use cryptocloud_postback::{Currency, OffsetDateTime, UnixTime};
use cryptocloud_postback_inbox::{Accepted, Decided, Record, State};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::output::{BAD, BOLD, DIM, Escaped, GOOD, WARN, wrapped};

/// Amounts are strings, so that no reader turns them into floats.
pub(super) fn json(record: &Record) -> Value {
    let fields = &record.report.fields;
    json!({
        "id": record.id.number(),
        "state": record.state.as_str(),
        "project": record.report.identity.project(),
        "invoice_id": record.report.invoice_id().as_str(),
        "order_id": fields.order_id,
        "amount_crypto": fields.amount_crypto,
        "currency": fields.currency.as_ref().map(Currency::as_str),
        "source": record.report.source.as_str(),
        "attempts": record.attempts,
        "hold": record.hold.as_ref().map(|hold| json!({
            "kind": hold.kind.as_str(),
            "reason": hold.reason,
        })),
        "last_error": record.last_error,
        "accepted": record.accepted.as_ref().map(accepted),
        "received_at": time(record.received_at),
        "due_at": record.due_at.map(time),
        "settled_at": record.settled_at.map(time),
    })
}

/// With the decisions, and with `invoice_info` as it was received.
pub(super) fn details(record: &Record, history: &[Decided]) -> Value {
    let mut value = json(record);
    let info = record.report.fields.invoice_info.as_deref();
    value["invoice_info"] = info.map_or(Value::Null, |info| {
        serde_json::from_str(info).unwrap_or_else(|_| info.into())
    });
    let entries = history.iter().map(|decided| {
        json!({
            "at": time(decided.at),
            "by": decided.decision.by,
            "event": event(decided),
            "from": decided.from.as_str(),
            "accepted": decided.accepted.as_ref().map(accepted),
            "note": decided.decision.note,
        })
    });
    value["history"] = entries.collect();
    value
}

fn accepted(accepted: &Accepted) -> Value {
    json!({ "amount": accepted.amount(), "order_id": accepted.order_id() })
}

/// A table within 80 columns, with the reason below each row.
pub(super) fn table(records: &[Record]) -> String {
    let ids = records.iter().map(|record| record.id.to_string().len() + 2);
    let id = ids.max().unwrap_or_default().max(8);
    // Redis has long numbers, and the orders make room for them.
    let order = 25_usize.saturating_sub(id).max(6);
    let mut text = format!(
        "{DIM}{:<id$}{:<10}{:<11}{:<order$}{:<18}received (UTC){DIM:#}\n",
        "report", "state", "invoice", "order", "reported"
    );
    for record in records {
        let style = style(record.state);
        let received = time(record.received_at).replace('T', " ");
        text += &format!(
            "{:<id$}{style}{:<10}{style:#}{}{}{}{}\n",
            record.id.number(),
            record.state.as_str(),
            cell(record.report.invoice_id().as_str(), 11),
            cell(
                record.report.fields.order_id.as_deref().unwrap_or("-"),
                order
            ),
            cell(&money(record), 18),
            received.get(..16).unwrap_or_default(),
        );
        for line in wrapped(
            &Escaped(&reason(record)).to_string(),
            80_usize.saturating_sub(id),
        ) {
            text += &format!("{:id$}{DIM}{line}{DIM:#}\n", "");
        }
    }
    text
}

/// What arrived, in a few words.
pub(super) fn words(record: &Record) -> String {
    let order = match &record.report.fields.order_id {
        Some(id) => format!("order {id}"),
        None => "without an order".to_owned(),
    };
    let invoice = record.report.invoice_id();
    let words = format!("invoice {invoice}, {order}, {}", money(record));
    Escaped(&words).to_string()
}

pub(super) fn text(record: &Record, history: &[Decided]) -> String {
    let mut text = String::new();
    // Writing to a `String` never fails.
    let _ = write(&mut text, record, history);
    text
}

fn write(text: &mut String, record: &Record, history: &[Decided]) -> fmt::Result {
    let (style, state) = (style(record.state), record.state);
    writeln!(text, "report {}: {style}{state}{style:#}", record.id)?;
    let fields = &record.report.fields;
    for (name, value) in [
        ("project", record.report.identity.project().to_owned()),
        ("invoice", record.report.invoice_id().to_string()),
        (
            "order",
            fields.order_id.as_deref().unwrap_or("-").to_owned(),
        ),
        ("reported", money(record)),
        (
            "accepted",
            record.accepted.as_ref().map(named).unwrap_or_default(),
        ),
        ("source", record.report.source.as_str().to_owned()),
        ("received", time(record.received_at)),
        ("due", record.due_at.map(time).unwrap_or_default()),
        ("settled", record.settled_at.map(time).unwrap_or_default()),
        ("attempts", record.attempts.to_string()),
        ("reason", reason(record)),
    ] {
        if !value.is_empty() {
            writeln!(text, "  {name:<10}{}", Escaped(&value))?;
        }
    }
    if !history.is_empty() {
        writeln!(text, "\n{BOLD}decisions{BOLD:#}")?;
    }
    for decided in history {
        let accepted = decided.accepted.as_ref();
        let accepted = accepted.map_or_else(String::new, |one| format!(" {}", named(one)));
        let note = decided.decision.note.as_deref();
        let note = note.map_or_else(String::new, |note| format!(": {note}"));
        let line = format!(
            "{}{accepted} by {}{note}",
            event(decided),
            decided.decision.by
        );
        writeln!(text, "  {}  {}", time(decided.at), Escaped(&line))?;
    }
    Ok(())
}

/// What an operator named, in words.
pub(super) fn named(accepted: &Accepted) -> String {
    match accepted.order_id() {
        Some(id) => format!("{} to order {id}", accepted.amount()),
        None => accepted.amount().to_string(),
    }
}

fn money(record: &Record) -> String {
    let fields = &record.report.fields;
    let amount = fields.amount_crypto.map(|amount| amount.to_string());
    let currency = fields.currency.as_ref().map(Currency::as_str);
    let parts: Vec<&str> = amount.as_deref().into_iter().chain(currency).collect();
    if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join(" ")
    }
}

/// The reason for its state, if there is one.
fn reason(record: &Record) -> String {
    match (&record.hold, &record.last_error) {
        (Some(hold), _) if record.state == State::Held => {
            let parts = [hold.kind.as_str(), &hold.reason];
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(": ")
        }
        (_, error) => error.as_deref().unwrap_or_default().to_owned(),
    }
}

fn event(decided: &Decided) -> String {
    format!("{:?}", decided.event).to_lowercase()
}

fn style(state: State) -> Style {
    match state {
        State::Done => GOOD,
        State::Conflict | State::Failed => BAD,
        State::Held => WARN,
        State::Discarded | State::Received | State::Running => DIM,
    }
}

/// A string in a column of this width, cut if it is too long.
fn cell(text: &str, width: usize) -> String {
    let mut shown = Escaped(text).to_string();
    if shown.chars().count() >= width {
        shown = shown.chars().take(width.saturating_sub(2)).collect();
        shown.push('…');
    }
    format!("{shown:<width$}")
}

/// RFC 3339, or seconds after the year 9999.
fn time(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok();
    let date = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let date = date.and_then(|date| date.format(&Rfc3339).ok());
    date.unwrap_or_else(|| time.to_string())
}
