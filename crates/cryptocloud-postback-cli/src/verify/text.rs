//! The report as text for people.

use std::fmt::{self, Write};

use anstyle::Style;
use serde_json::Value;

use crate::{
    output::{BAD, BOLD, DIM, Escaped, GOOD},
    report::{Info, Outcome, Payload, Report, Step},
};

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a `String` never fails.
    let _ = write(&mut text, report);
    text
}

fn write(text: &mut String, report: &Report) -> fmt::Result {
    for step in &report.checks {
        write_step(text, step)?;
    }
    writeln!(text)?;
    match (report.verified, &report.invoice_id) {
        (true, Some(id)) => writeln!(text, "{GOOD}verified{GOOD:#}: invoice {}", Escaped(id))?,
        (_, Some(id)) => writeln!(
            text,
            "{BAD}refused{BAD:#} with status {}: the body claims invoice {}",
            report.status,
            Escaped(id)
        )?,
        (_, None) => writeln!(text, "{BAD}refused{BAD:#} with status {}", report.status)?,
    }
    let Some(payload) = &report.postback else {
        return Ok(());
    };
    let title = if report.verified {
        "reported, but not signed by the token"
    } else {
        "claimed, not proven"
    };
    writeln!(text, "\n{BOLD}{title}{BOLD:#}")?;
    write_payload(text, payload)
}

fn write_step(text: &mut String, step: &Step) -> fmt::Result {
    let (style, mark): (Style, _) = match &step.outcome {
        Outcome::Failed(_) => (BAD, "failed"),
        Outcome::Skipped => (DIM, "-"),
        Outcome::Ok => (GOOD, "ok"),
    };
    writeln!(
        text,
        "{style}{mark:<8}{style:#}{:<11}{}",
        step.check, step.requirement
    )?;
    let Outcome::Failed(failure) = &step.outcome else {
        return Ok(());
    };
    let cause = failure.cause.as_deref();
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    writeln!(text, "{:19}{BAD}{}{cause}{BAD:#}", "", failure.message)?;
    for line in lines(&Escaped(&failure.hint).to_string()) {
        writeln!(text, "{:19}{line}", "")?;
    }
    Ok(())
}

/// Breaks text between words, to fit 80 columns after an indentation of 19.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 61 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn write_payload(text: &mut String, payload: &Payload) -> fmt::Result {
    let amount = payload.amount_crypto.to_string();
    let order = payload.order_id.as_deref();
    for (name, value) in [
        ("format", Some(payload.format.as_str())),
        ("status", Some(&payload.status)),
        ("invoice_id", Some(&payload.invoice_id)),
        ("amount_crypto", Some(&amount)),
        ("currency", Some(&payload.currency)),
        ("order_id", order.or(Some("(none)"))),
        ("invoice_info", payload.invoice_info_error.as_deref()),
    ] {
        write_field(text, name, value)?;
    }
    match &payload.invoice_info {
        Some(info) => write_info(text, info),
        None => Ok(()),
    }
}

fn write_info(text: &mut String, info: &Info) -> fmt::Result {
    // Strings and numbers always serialize.
    let fields = serde_json::to_value(info).unwrap_or_default();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let value = match value {
            Value::Array(values) => {
                let values: Vec<_> = values.iter().filter_map(Value::as_str).collect();
                Some(values.join(", "))
            }
            Value::Null => None,
            Value::String(value) => Some(value.clone()),
            value => Some(value.to_string()),
        };
        write_field(text, &format!("invoice_info.{name}"), value.as_deref())?;
    }
    Ok(())
}

fn write_field(text: &mut String, name: &str, value: Option<&str>) -> fmt::Result {
    match value {
        Some(value) => writeln!(text, "  {name:<29} {}", Escaped(value)),
        None => Ok(()),
    }
}
