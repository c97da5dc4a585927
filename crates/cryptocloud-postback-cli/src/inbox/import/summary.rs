use std::fmt::Write as _;

use cryptocloud_postback::Currency;
use cryptocloud_postback_inbox::{Refusal, Report, State};
use serde::Serialize;
use serde_json::{Value, json};

use crate::output::Escaped;

/// What became of the reports in a log.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Summary {
    /// Whether the log was read to its end.
    pub(super) complete: bool,
    dry_run: bool,
    /// How many lines the log has, if it was read to its end.
    pub(super) lines: u64,
    /// New, for a worker to handle.
    stored: u64,
    /// The same report was stored before.
    known: u64,
    /// New, but another report of the payment came first.
    conflict: u64,
    /// New, and waiting for an operator.
    held: u64,
    /// Not of the wanted project.
    pub(super) other_projects: u64,
    refused: Vec<Problem>,
    unreadable: Vec<Problem>,
    /// What a dry run found.
    reports: Vec<Value>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Problem {
    line: u64,
    problem: String,
}

impl Summary {
    pub(super) fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            ..Self::default()
        }
    }

    pub(super) fn stored(&mut self, state: State, is_new: bool) {
        *match (is_new, state) {
            (false, _) => &mut self.known,
            (true, State::Conflict) => &mut self.conflict,
            (true, State::Held) => &mut self.held,
            (true, _) => &mut self.stored,
        } += 1;
    }

    pub(super) fn refused(&mut self, line: u64, refusal: Refusal) {
        let problem = refusal.to_string();
        self.refused.push(Problem { line, problem });
    }

    pub(super) fn unreadable(&mut self, line: u64, problem: &str) {
        let problem = problem.to_owned();
        self.unreadable.push(Problem { line, problem });
    }

    pub(super) fn list(&mut self, line: u64, report: &Report) {
        let fields = &report.fields;
        self.reports.push(json!({
            "line": line,
            "project": report.identity.project(),
            "invoice_id": report.invoice_id().as_str(),
            "order_id": fields.order_id,
            "amount_crypto": fields.amount_crypto,
            "currency": fields.currency.as_ref().map(Currency::as_str),
        }));
    }

    /// Whether it has anything to say.
    pub(super) fn has_begun(&self) -> bool {
        *self != Self::new(self.dry_run)
    }

    pub(super) fn exit_code(&self) -> u8 {
        (!self.refused.is_empty() || !self.unreadable.is_empty()).into()
    }

    pub(super) fn text(&self) -> String {
        let mut text: String = self.reports.iter().map(listed).collect();
        for (what, problems) in [("refused", &self.refused), ("unreadable", &self.unreadable)] {
            for Problem { line, problem } in problems {
                // Writing to a string never fails.
                let _ = writeln!(text, "line {line}: {what}: {problem}");
            }
        }
        if !self.unreadable.is_empty() {
            text.push_str(LOOK_ELSEWHERE);
        }
        let mut counts = if self.dry_run {
            vec![format!("{} found, nothing is stored", self.reports.len())]
        } else {
            vec![
                format!("{} stored", self.stored),
                format!("{} already stored", self.known),
                format!("{} in conflict", self.conflict),
                format!("{} held for review", self.held),
                format!("{} refused", self.refused.len()),
            ]
        };
        counts.push(format!("{} unreadable", self.unreadable.len()));
        if self.other_projects > 0 {
            counts.push(format!("{} of other projects", self.other_projects));
        }
        let scope = if self.complete {
            format!("{} lines read", self.lines)
        } else {
            "incomplete".to_owned()
        };
        let _ = writeln!(text, "{scope}: {}", counts.join(", "));
        text
    }
}

fn listed(report: &Value) -> String {
    let field = |name: &str| match report.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "-".to_owned(),
        Some(value) => value.to_string(),
    };
    let [line, project, invoice, order, amount, currency] = [
        "line",
        "project",
        "invoice_id",
        "order_id",
        "amount_crypto",
        "currency",
    ]
    .map(field);
    let text = format!(
        "line {line}: project {project}, invoice {invoice}, order {order}, amount {amount} {currency}"
    );
    format!("{}\n", Escaped(&text))
}

const LOOK_ELSEWHERE: &str = "\
Look for the whole lines in another copy of the log, or for the payments in the
vendor's account: these are not stored.
";
