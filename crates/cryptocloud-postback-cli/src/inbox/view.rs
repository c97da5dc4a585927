//! Stored reports, for people and for programs.

use std::fmt::{self, Write};

use anstyle::Style;
use cryptocloud_postback::{OffsetDateTime, UnixTime};
use cryptocloud_postback_inbox::{Accepted, Decided, Record, State};
use serde::Serialize;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use crate::output::{BAD, BOLD, DIM, Escaped, GOOD, WARN, wrapped};

/// A stored report. Amounts are strings in JSON, so that no reader turns them into floats.
#[derive(Serialize)]
pub(super) struct Shown {
    id: i64,
    state: &'static str,
    project: String,
    invoice_id: String,
    order_id: Option<String>,
    amount_crypto: Option<String>,
    currency: Option<String>,
    source: &'static str,
    attempts: u32,
    hold: Option<Hold>,
    last_error: Option<String>,
    accepted: Option<Named>,
    received_at: Option<String>,
    due_at: Option<String>,
    settled_at: Option<String>,
}

/// What an operator named.
#[derive(Serialize)]
struct Named {
    amount: String,
    order_id: Option<String>,
}

#[derive(Serialize)]
struct Hold {
    kind: &'static str,
    reason: String,
}

/// A stored report with everything that is known about it.
#[derive(Serialize)]
pub(super) struct Details {
    #[serde(flatten)]
    report: Shown,
    /// As it was received.
    invoice_info: Option<Value>,
    history: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    at: Option<String>,
    by: String,
    event: String,
    from: &'static str,
    accepted: Option<Named>,
    note: Option<String>,
}

impl From<&Record> for Shown {
    fn from(record: &Record) -> Self {
        let fields = &record.report.fields;
        Self {
            id: record.id.number(),
            state: record.state.as_str(),
            project: record.report.identity.project().to_owned(),
            invoice_id: record.report.invoice_id().to_string(),
            order_id: fields.order_id.as_deref().map(Into::into),
            amount_crypto: fields.amount_crypto.map(|amount| amount.to_string()),
            currency: fields.currency.as_ref().map(ToString::to_string),
            source: record.report.source.as_str(),
            attempts: record.attempts,
            hold: record.hold.as_ref().map(|hold| Hold {
                kind: hold.kind.as_str(),
                reason: hold.reason.to_string(),
            }),
            last_error: record.last_error.as_deref().map(Into::into),
            accepted: record.accepted.as_ref().map(Named::from),
            received_at: time(record.received_at),
            due_at: record.due_at.and_then(time),
            settled_at: record.settled_at.and_then(time),
        }
    }
}

impl Shown {
    pub(super) fn id(&self) -> i64 {
        self.id
    }

    /// What arrived, in a few words.
    pub(super) fn words(&self) -> String {
        let order = self.order_id.as_deref();
        let order = order.map_or("without an order".into(), |id| format!("order {id}"));
        format!("invoice {}, {order}, {}", self.invoice_id, self.money())
    }

    fn money(&self) -> String {
        match (&self.amount_crypto, &self.currency) {
            (None, None) => "-".to_owned(),
            (amount, currency) => {
                let amount = amount.as_deref().unwrap_or("no amount");
                format!("{amount} {}", currency.as_deref().unwrap_or("-"))
            }
        }
    }

    /// Why it is where it is.
    fn reason(&self) -> Option<String> {
        match (&self.hold, &self.last_error) {
            (Some(hold), _) if self.state == State::Held.as_str() => {
                let (kind, reason) = (hold.kind, &hold.reason);
                Some(if reason.is_empty() {
                    kind.to_owned()
                } else {
                    format!("{kind}: {reason}")
                })
            }
            (_, error) => error.clone(),
        }
    }

    /// One row of a list, and the reason below it.
    pub(super) fn row(&self) -> String {
        let style = style(self.state);
        let mut row = format!(
            "{:<8}{style}{:<10}{style:#}{}{}{}{}\n",
            self.id,
            self.state,
            cell(&self.invoice_id, 11),
            cell(self.order_id.as_deref().unwrap_or("-"), 17),
            cell(&self.money(), 18),
            minute(self.received_at.as_deref()),
        );
        for line in wrapped(&Escaped(&self.reason().unwrap_or_default()).to_string(), 72) {
            row += &format!("{:8}{DIM}{line}{DIM:#}\n", "");
        }
        row
    }
}

/// The head of the rows.
pub(super) fn head() -> String {
    format!(
        "{DIM}{:<8}{:<10}{:<11}{:<17}{:<18}received (UTC){DIM:#}\n",
        "report", "state", "invoice", "order", "reported"
    )
}

impl Named {
    fn words(&self) -> String {
        let order = self.order_id.as_deref();
        let order = order.map_or(String::new(), |id| format!(" to order {id}"));
        format!("{}{order}", self.amount)
    }
}

impl From<&Accepted> for Named {
    fn from(accepted: &Accepted) -> Self {
        Self {
            amount: accepted.amount().to_string(),
            order_id: accepted.order_id().map(Into::into),
        }
    }
}

impl Details {
    pub(super) fn new(record: &Record, history: &[Decided]) -> Self {
        let info = record.report.fields.invoice_info.as_deref();
        Self {
            report: record.into(),
            invoice_info: info.map(|json| {
                serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
            }),
            history: history.iter().map(Entry::from).collect(),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` never fails.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let report = &self.report;
        let style = style(report.state);
        writeln!(
            text,
            "report {}: {style}{}{style:#}",
            report.id, report.state
        )?;
        let attempts = report.attempts.to_string();
        let accepted = report.accepted.as_ref().map(Named::words);
        for (name, value) in [
            ("project", Some(report.project.as_str())),
            ("invoice", Some(&report.invoice_id)),
            ("order", report.order_id.as_deref()),
            ("reported", Some(&report.money())),
            ("accepted", accepted.as_deref()),
            ("source", Some(report.source)),
            ("received", report.received_at.as_deref()),
            ("due", report.due_at.as_deref()),
            ("settled", report.settled_at.as_deref()),
            ("attempts", Some(&attempts)),
            ("reason", report.reason().as_deref()),
        ] {
            if let Some(value) = value {
                writeln!(text, "  {name:<10}{}", Escaped(value))?;
            }
        }
        if !self.history.is_empty() {
            writeln!(text, "\n{BOLD}decisions{BOLD:#}")?;
        }
        for entry in &self.history {
            let accepted = entry.accepted.as_ref();
            let accepted = accepted.map_or(String::new(), |named| format!(" {}", named.words()));
            let note = entry.note.as_deref();
            let note = note.map_or(String::new(), |note| format!(": {note}"));
            let line = format!("{}{accepted} by {}{note}", entry.event, entry.by);
            let at = entry.at.as_deref().unwrap_or("-");
            writeln!(text, "  {at}  {}", Escaped(&line))?;
        }
        Ok(())
    }
}

impl From<&Decided> for Entry {
    fn from(decided: &Decided) -> Self {
        Self {
            at: time(decided.at),
            by: decided.decision.by.to_string(),
            event: format!("{:?}", decided.event).to_lowercase(),
            from: decided.from.as_str(),
            accepted: decided.accepted.as_ref().map(Named::from),
            note: decided.decision.note.as_deref().map(Into::into),
        }
    }
}

fn style(state: &str) -> Style {
    match State::from_name(state) {
        Some(State::Done) => GOOD,
        Some(State::Conflict | State::Failed) => BAD,
        Some(State::Held) => WARN,
        _ => DIM,
    }
}

/// A string in a column of this width, cut if it is too long.
fn cell(text: &str, width: usize) -> String {
    let shown = Escaped(text).to_string();
    let shown = if shown.chars().count() < width {
        shown
    } else {
        shown
            .chars()
            .take(width.saturating_sub(2))
            .collect::<String>()
            + "…"
    };
    format!("{shown:<width$}")
}

/// RFC 3339, or `None` after the year 9999.
fn time(time: UnixTime) -> Option<String> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    time.format(&Rfc3339).ok()
}

/// The date and the minute of [`time`].
fn minute(time: Option<&str>) -> String {
    let minute = time.and_then(|time| time.get(..16));
    minute.unwrap_or("-").replace('T', " ")
}
