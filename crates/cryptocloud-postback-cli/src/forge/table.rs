//! Results for a person.

use anstyle::Style;

use super::{
    attacks::attacks,
    outcome::{Outcome, Results, Verdict},
};
use crate::output::{BAD, BOLD, DIM, Escaped, GOOD, WARN};

pub(super) fn list() -> String {
    let mut text = String::new();
    for attack in attacks() {
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
    } else if !results.controls.iter().all(Outcome::is_right) {
        text += &format!(
            "{WARN}a genuine postback was refused{WARN:#}: if your project sends one format only, say which with --format\n"
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cryptocloud_postback::Format;
    use reqwest::StatusCode;

    use super::*;
    use crate::{client::Response, forge::controls::controls};

    /// Of controls that are answered with these statuses.
    fn shown(statuses: [StatusCode; 2]) -> String {
        let outcome = |(control, status)| {
            let answer = Response {
                status,
                elapsed: Duration::ZERO,
                body: String::new(),
                is_cut: false,
                location: None,
            };
            Outcome::new(control, Ok(answer))
        };
        let controls = controls(Format::Json).iter().zip(statuses);
        text(&Results::new(controls.map(outcome).collect(), Vec::new()))
    }

    #[test]
    fn refused_controls_are_explained() {
        let (ok, refused) = (StatusCode::OK, StatusCode::BAD_REQUEST);
        assert!(shown([refused, refused]).contains("no refusal proves anything"));
        assert!(shown([ok, refused]).contains("say which with --format"));
        assert!(shown([ok, ok]).ends_with("2 right, 0 wrong, 0 faults, 0 to look at\n"));
    }
}
