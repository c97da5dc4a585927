use std::fmt::Write as _;

use cryptocloud_postback_inbox::{Refusal, Report, State};
use serde::Serialize;

use crate::output::Escaped;

/// What became of the reports in a log.
#[derive(Debug, Default, Serialize)]
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
    reports: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Problem {
    line: u64,
    problem: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    line: u64,
    project: String,
    invoice_id: String,
    order_id: Option<String>,
    amount_crypto: Option<String>,
    currency: Option<String>,
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
        self.reports.push(Listed {
            line,
            project: report.identity.project().to_owned(),
            invoice_id: report.invoice_id().as_str().to_owned(),
            order_id: fields.order_id.as_deref().map(str::to_owned),
            amount_crypto: fields.amount_crypto.map(|amount| amount.to_string()),
            currency: fields
                .currency
                .as_ref()
                .map(|code| code.as_str().to_owned()),
        });
    }

    /// Whether it has anything to say.
    pub(super) fn has_begun(&self) -> bool {
        let counts = [
            self.stored,
            self.known,
            self.conflict,
            self.held,
            self.other_projects,
        ];
        counts.iter().any(|count| *count > 0)
            || [&self.refused, &self.unreadable]
                .iter()
                .any(|list| !list.is_empty())
            || !self.reports.is_empty()
    }

    pub(super) fn exit_code(&self) -> u8 {
        (!self.refused.is_empty() || !self.unreadable.is_empty()).into()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for listed in &self.reports {
            text.push_str(&listed.text());
        }
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

impl Listed {
    fn text(&self) -> String {
        let field = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".to_owned());
        let text = format!(
            "line {}: project {}, invoice {}, order {}, amount {} {}",
            self.line,
            self.project,
            self.invoice_id,
            field(&self.order_id),
            field(&self.amount_crypto),
            field(&self.currency),
        );
        format!("{}\n", Escaped(&text))
    }
}

const LOOK_ELSEWHERE: &str = "\
Look for the whole lines in another copy of the log, or for the payments in the
vendor's account: these are not stored.
";
