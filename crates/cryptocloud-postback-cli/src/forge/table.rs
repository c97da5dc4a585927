//! Attacks and results as text for people, within 80 columns.

use anstyle::Style;

use super::{
    attack::{Attack, Class},
    outcome::{Outcome, Verdict},
    results::Summary,
};
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
        "{DIM}{:<9}{:<22}{:<7}{}{DIM:#}\n",
        "verdict", "attack", "status", "description"
    )
}

pub(super) fn row(outcome: &Outcome) -> String {
    let (style, verdict): (Style, _) = match outcome.verdict {
        Verdict::Accepted(Class::Bypass) => (BAD, "BYPASS"),
        Verdict::Accepted(Class::Strictness) => (WARN, "lax"),
        Verdict::Accepted(Class::Weakness) => (BAD, "WEAK"),
        Verdict::Error => (BAD, "error"),
        Verdict::Inconclusive => (WARN, "unclear"),
        Verdict::Ok => (GOOD, "ok"),
        Verdict::Refused => (WARN, "refused"),
        Verdict::Review => (WARN, "review"),
    };
    let status = outcome.status;
    let mut row = format!(
        "{style}{verdict:<9}{style:#}{:<22}{:<7}{}\n",
        outcome.attack.name,
        status.map_or("-".to_owned(), |status| status.to_string()),
        outcome.attack.description,
    );
    for note in [&outcome.reason, &outcome.look].into_iter().flatten() {
        for line in wrapped(&Escaped(note).to_string(), 71) {
            row += &format!("{:9}{line}\n", "");
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
        let style = match conclusion.class {
            "bypass" | "error" | "stopped" | "weakness" => BAD,
            _ => WARN,
        };
        let mut mark = conclusion.class;
        for line in wrapped(&conclusion.text, 66) {
            text += &format!("{style}{mark:<14}{style:#}{line}\n");
            mark = "";
        }
        for line in wrapped(&conclusion.attacks.join(", "), 66) {
            text += &format!("{:14}{DIM}{line}{DIM:#}\n", "");
        }
    }
    if summary.conclusions.is_empty() {
        text += &format!(
            "{GOOD}Every attack was refused, and genuine postbacks were accepted.{GOOD:#}\n"
        );
    }
    text
}
