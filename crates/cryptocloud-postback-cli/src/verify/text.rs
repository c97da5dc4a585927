//! The report as text for people.

use std::fmt::{self, Write};

use anstyle::Style;
use serde_json::Value;

use crate::{
    output::{BAD, BOLD, DIM, Escaped, GOOD, WARN, wrapped},
    report::{Outcome, Payload, Report, Step},
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
    for line in wrapped(&Escaped(&failure.hint).to_string(), 61) {
        writeln!(text, "{:19}{line}", "")?;
    }
    Ok(())
}

fn write_payload(text: &mut String, payload: &Payload) -> fmt::Result {
    let amount = payload.amount_crypto.map(|amount| amount.to_string());
    for (name, value) in [
        ("format", Some(payload.format.as_str())),
        ("status", Some(&payload.status)),
        ("invoice_id", Some(&payload.invoice_id)),
        ("amount_crypto", amount.as_deref()),
        ("currency", payload.currency.as_deref()),
        ("order_id", payload.order_id.as_deref()),
    ] {
        write_field(text, name, value.unwrap_or("(none)"))?;
    }
    let info = payload.invoice_info.as_ref().and_then(Value::as_object);
    for (name, value) in info.into_iter().flatten() {
        let value = match value {
            Value::Array(values) => {
                let values: Vec<_> = values.iter().filter_map(Value::as_str).collect();
                values.join(", ")
            }
            Value::Null => continue,
            Value::String(value) => value.clone(),
            value => value.to_string(),
        };
        write_field(text, &format!("invoice_info.{name}"), &value)?;
    }
    for note in &payload.notes {
        writeln!(text, "  {WARN}{:<29} {note}{WARN:#}", "note")?;
    }
    Ok(())
}

fn write_field(text: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(text, "  {name:<29} {}", Escaped(value))
}
