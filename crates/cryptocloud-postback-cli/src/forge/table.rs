//! Attacks and results as text for people, within 80 columns.

use anstyle::Style;

use super::{attack::Attack, outcome::Outcome, results::Summary};
use crate::output::{BAD, BOLD, DIM, Escaped, GOOD, WARN, wrapped};

pub(super) fn list(attacks: &[&Attack]) -> String {
    let mut text = format!(
        "{DIM}{:<22}{:<11}{:<5}{}{DIM:#}\n",
        "attack", "class", "", "description"
    );
    for attack in attacks {
        let status = attack
            .expected
            .map(|kind| kind.response().status().to_string());
        text += &format!(
            "{BOLD}{:<22}{BOLD:#}{:<11}{:<5}{}\n",
            attack.name,
            attack.finding.class().name(),
            status.as_deref().unwrap_or("-"),
            attack.description
        );
    }
    text
}

pub(super) fn head() -> String {
    format!(
        "{DIM}{:<13}{:<26}{}{DIM:#}\n",
        "verdict", "attack", "description"
    )
}

pub(super) fn row(outcome: &Outcome) -> String {
    let style = style(outcome.verdict.name());
    let status = outcome.status;
    let mut row = format!(
        "{style}{:<13}{style:#}{:<22}{:<4}{}\n",
        outcome.verdict.name(),
        outcome.attack.name,
        status.map_or("-".to_owned(), |status| status.to_string()),
        outcome.attack.description,
    );
    for note in [&outcome.reason, &outcome.look].into_iter().flatten() {
        for line in wrapped(&Escaped(note).to_string(), 67) {
            row += &format!("{:13}{line}\n", "");
        }
    }
    row
}

pub(super) fn text(summary: &Summary<'_>) -> String {
    let counts = summary
        .verdicts
        .iter()
        .map(|(verdict, count)| format!("{count} {verdict}"));
    let mut text = format!("\n{}\n", counts.collect::<Vec<_>>().join(", "));
    for conclusion in &summary.conclusions {
        let style = style(conclusion.class);
        let mut mark = conclusion.class;
        for line in wrapped(conclusion.text, 67) {
            text += &format!("{style}{mark:<13}{style:#}{line}\n");
            mark = "";
        }
        for line in wrapped(&conclusion.attacks.join(", "), 67) {
            text += &format!("{:13}{DIM}{line}{DIM:#}\n", "");
        }
    }
    let is_for_review = summary.conclusions.iter().any(|one| one.class == "review");
    let (style, mark, end) = match (summary.passed, is_for_review) {
        (false, _) => (BAD, "not passed", "See above."),
        (true, false) => (
            GOOD,
            "passed",
            "No attack that matters was accepted, and genuine postbacks were.",
        ),
        (true, true) => (
            GOOD,
            "passed",
            "As far as responses tell: what is for review only you can see.",
        ),
    };
    text += &format!("{style}{mark:<13}{style:#}{end}\n");
    text
}

/// The style of a verdict or a conclusion.
fn style(name: &str) -> Style {
    match name {
        "ok" => GOOD,
        "bypass" | "error" | "stopped" | "weakness" => BAD,
        _ => WARN,
    }
}
