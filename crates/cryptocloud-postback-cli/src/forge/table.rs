//! Attacks and results as text for people, within 80 columns.

use anstyle::Style;

use super::{
    attacks::attacks,
    outcome::{Outcome, Results, Verdict},
};
use crate::output::{BAD, BOLD, DIM, Escaped, GOOD, WARN};

pub(super) fn list() -> String {
    let mut text = format!(
        "{DIM}{:<22}{:<10}{}{DIM:#}\n",
        "attack", "expected", "description"
    );
    for attack in attacks() {
        let expected = attack.expected.status();
        let expected = expected.map_or("review".to_owned(), |status| status.to_string());
        text += &format!(
            "{BOLD}{:<22}{BOLD:#}{expected:<10}{}\n",
            attack.name, attack.description
        );
    }
    text
}

pub(super) fn text(results: &Results) -> String {
    let mut text = format!(
        "{DIM}{:<9}{:<22}{:<7}{}{DIM:#}\n",
        "verdict", "attack", "status", "description"
    );
    for outcome in results.controls.iter().chain(&results.attacks) {
        text += &row(outcome);
    }
    text += &format!(
        "\n{} ok, {} wrong, {} errors, {} to review\n",
        results.ok, results.wrong, results.errors, results.to_review
    );
    if results.to_review > 0 {
        text += &format!(
            "{WARN}review{WARN:#}: the token does not sign the amount; no order may be marked as paid\n"
        );
    }
    if !results.is_conclusive() {
        text += &format!(
            "{BAD}inconclusive{BAD:#}: genuine postbacks were refused too; check the secret and URL\n"
        );
    } else if !results.controls.iter().all(Outcome::is_ok) {
        text += &format!(
            "{WARN}a genuine postback was refused{WARN:#}: set --format if you accept only one\n"
        );
    }
    text
}

fn row(outcome: &Outcome) -> String {
    let (style, verdict): (Style, _) = match outcome.verdict {
        Verdict::Error => (BAD, "error"),
        Verdict::Ok => (GOOD, "ok"),
        Verdict::Review => (WARN, "review"),
        Verdict::Wrong => (BAD, "WRONG"),
    };
    let status = outcome.status;
    let mut row = format!(
        "{style}{verdict:<9}{style:#}{:<22}{:<7}{}\n",
        outcome.name,
        status.map_or("-".to_owned(), |status| status.to_string()),
        outcome.description,
    );
    if let Some(reason) = &outcome.reason {
        row += &format!("{:38}{}\n", "", Escaped(reason));
    }
    row
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cryptocloud_postback::Format;
    use reqwest::StatusCode;

    use super::*;
    use crate::{client::Response, forge::controls::controls};

    /// The text for controls that got these statuses.
    fn shown(statuses: [StatusCode; 2]) -> String {
        let outcome = |(control, status)| {
            let response = Response {
                status,
                elapsed: Duration::ZERO,
                body: String::new(),
                truncated: false,
                location: None,
            };
            Outcome::new(control, Ok(response))
        };
        let controls = controls(Format::Json).iter().zip(statuses);
        text(&Results::new(controls.map(outcome).collect(), Vec::new()))
    }

    #[test]
    fn refused_controls_are_explained() {
        let (ok, refused) = (StatusCode::OK, StatusCode::BAD_REQUEST);
        assert!(shown([refused, refused]).contains("genuine postbacks were refused too"));
        assert!(shown([ok, refused]).contains("set --format"));
        assert!(shown([ok, ok]).ends_with("2 ok, 0 wrong, 0 errors, 0 to review\n"));
    }
}
