//! Results for a person.

use anstyle::Style;

use super::{
    attack::Attack,
    outcome::{Outcome, Results, Verdict},
};
use crate::output::{BAD, BOLD, DIM, Escaped, GOOD, WARN};

pub(super) fn list() -> String {
    let mut text = String::new();
    for attack in Attack::all() {
        let expected = attack.right.status();
        let expected = expected.map_or("look".to_owned(), |status| status.to_string());
        text += &format!(
            "{BOLD}{:<22}{BOLD:#}{expected:<6}{}\n",
            attack.name, attack.what
        );
    }
    text
}

pub(super) fn text(results: &Results) -> String {
    let mut text = format!(
        "{DIM}{:<9}{:<22}{:<10}{:<6}{}{DIM:#}\n",
        "verdict", "kind", "answered", "ours", "what it is"
    );
    for outcome in results.controls.iter().chain(&results.attacks) {
        text += &row(outcome);
    }
    text += &format!("\n{}\n", results.counts());
    if !results.is_proof() {
        text += &format!(
            "{BAD}no refusal proves anything{BAD:#}: genuine postbacks were refused too; is this the endpoint's secret, and its URL?\n"
        );
    }
    text
}

fn row(outcome: &Outcome) -> String {
    let (style, verdict): (Style, _) = match outcome.verdict {
        Verdict::Fault => (BAD, "fault"),
        Verdict::Look => (WARN, "look"),
        Verdict::Right => (GOOD, "right"),
        Verdict::Wrong => (BAD, "WRONG"),
    };
    let number = |status: Option<u16>| status.map_or("-".to_owned(), |status| status.to_string());
    let reason = outcome.reason.as_deref();
    let reason = reason.map(|reason| format!(" ({})", Escaped(reason)));
    format!(
        "{style}{verdict:<9}{style:#}{:<22}{:<10}{:<6}{}{}\n",
        outcome.name,
        number(outcome.status),
        number(outcome.expected),
        outcome.what,
        reason.unwrap_or_default()
    )
}
