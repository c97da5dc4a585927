use std::{collections::BTreeMap, fmt};

use anstyle::Style;
use serde::Serialize;
use serde_json::json;

use super::{
    attacks::ATTACKS,
    outcome::{Outcome, Verdict},
};
use crate::output::{self, BAD, DIM, Escaped, GOOD, WARN, wrapped};

/// What a run has shown so far.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) controls: Vec<Outcome>,
    pub(super) attacks: Vec<Outcome>,
    /// Whether the results are for a program.
    pub(super) json: bool,
    /// Why the run ended early.
    pub(super) stop: Option<&'static str>,
}

/// What some outcomes mean to the merchant.
#[derive(Debug, Serialize)]
struct Conclusion {
    class: Verdict,
    text: &'static str,
    attacks: Vec<&'static str>,
}

impl Results {
    /// Adds an outcome, and prints it unless the results are for a program.
    pub(super) fn add(&mut self, outcome: Outcome) -> anyhow::Result<()> {
        if !self.json {
            if self.outcomes().next().is_none() {
                let head = format!("{DIM}{:<13}{:<26}description{DIM:#}\n", "verdict", "attack");
                output::print(&head)?;
            }
            output::print(&row(&outcome))?;
        }
        if outcome.attack.is_genuine() {
            self.controls.push(outcome);
        } else {
            self.attacks.push(outcome);
        }
        Ok(())
    }

    pub(super) fn accepts_genuine(&self) -> bool {
        let mut controls = self.controls.iter();
        controls.any(|control| control.verdict == Verdict::Ok)
    }

    /// Why the run ends if no genuine postback was accepted.
    pub(super) fn refusal(&self) -> &'static str {
        let first = self.controls.first();
        match first.and_then(|control| control.status) {
            _ if first.is_some_and(|control| control.error_in_body) => ERROR_IN_BODY,
            Some(300..=399) => REDIRECTS,
            Some(401 | 403) => REFUSES_TOKEN,
            Some(404 | 405) => NOT_FOUND,
            Some(409) => DIFFERS,
            Some(429) => LIMITS,
            Some(500..) => FAILS,
            _ => REFUSES_GENUINE,
        }
    }

    /// Prints what the results mean, and returns whether the endpoint has passed.
    pub(super) fn finish(&self, wanted: usize) -> anyhow::Result<bool> {
        let conclusions = self.conclusions();
        // What the merchant has to look at does not count.
        let passed = self.stop.is_none() && !self.outcomes().any(Outcome::is_failure);
        let mut verdicts = BTreeMap::<_, usize>::new();
        for outcome in self.outcomes() {
            *verdicts.entry(outcome.verdict).or_default() += 1;
        }
        let results = json!({
            "controls": self.controls,
            "attacks": self.attacks,
            "not_sent": wanted.saturating_sub(self.attacks.len()),
            "verdicts": verdicts,
            "conclusions": conclusions,
            "passed": passed,
        });
        output::print_result(self.json, &results, || {
            let counts = verdicts.iter();
            let counts = counts.map(|(verdict, count)| format!("{count} {verdict}"));
            let mut text = format!("\n{}\n", counts.collect::<Vec<_>>().join(", "));
            for conclusion in &conclusions {
                text += &line(style(conclusion.class), conclusion.class, conclusion.text);
                if !conclusion.attacks.is_empty() {
                    text += &line(Style::new(), "", &conclusion.attacks.join(", "));
                }
            }
            text + &if !passed {
                line(BAD, "not passed", "See above.")
            } else if verdicts.contains_key(&Verdict::Review) {
                let end = "As far as responses tell: what is for review only you can see.";
                line(GOOD, "passed", end)
            } else {
                let (sent, all) = (self.attacks.len(), ATTACKS.len());
                let sent = format!("{sent} of {all} attacks were sent.");
                line(
                    GOOD,
                    "passed",
                    &("No attack that matters was accepted. ".to_owned() + &sent),
                )
            }
        })?;
        Ok(passed)
    }

    /// The worst first.
    fn conclusions(&self) -> Vec<Conclusion> {
        let mut found: Vec<Conclusion> = Vec::new();
        let mut outcomes: Vec<_> = self.outcomes().collect();
        outcomes.sort_by_key(|outcome| outcome.verdict);
        let stop = self.stop.filter(|stop| *stop != ACCEPTS_EVERYTHING);
        let stop = stop.map(|text| (Verdict::Stopped, text, None));
        let meanings = outcomes.into_iter().filter_map(|it| {
            let text = self.meaning(it)?;
            Some((it.verdict, text, Some(it.attack.name)))
        });
        for (class, text, attack) in meanings.chain(stop) {
            match found.iter_mut().find(|known| known.text == text) {
                Some(known) => known.attacks.extend(attack),
                None => found.push(Conclusion {
                    class,
                    text,
                    attacks: Vec::from_iter(attack),
                }),
            }
        }
        found
    }

    /// What an outcome means to the merchant, if it means something.
    fn meaning(&self, outcome: &Outcome) -> Option<&'static str> {
        match outcome.verdict {
            Verdict::Ok => None,
            // The reason for the stop says more.
            _ if outcome.attack.is_genuine() && !self.accepts_genuine() => None,
            Verdict::Error => Some("Server errors, redirects or no response."),
            Verdict::Inconclusive => Some("These prove nothing: see the reasons above."),
            Verdict::Review => Some("Only you can see the effect: look at the orders above."),
            _ if outcome.error_in_body => Some(ERROR_IN_BODY),
            // One sentence says it.
            _ if self.stop == Some(ACCEPTS_EVERYTHING) => self.stop,
            _ => Some(outcome.attack.meaning),
        }
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.controls.iter().chain(&self.attacks)
    }
}

fn row(outcome: &Outcome) -> String {
    let (attack, style) = (outcome.attack, style(outcome.verdict));
    let status = outcome.status.map_or("-".to_owned(), |it| it.to_string());
    let shown = format!("{:<22}{status:<4}{}", attack.name, attack.description);
    let row = format!("{style}{:<13}{style:#}{shown}\n", outcome.verdict);
    let note = outcome.note.as_ref().map(|note| Escaped(note).to_string());
    row + &note.map_or(String::new(), |note| line(Style::new(), "", &note))
}

/// Text beside a mark, within 80 columns.
fn line(style: Style, mark: impl fmt::Display, text: &str) -> String {
    let text = wrapped(text, 67).join(&format!("\n{:13}", ""));
    format!("{style}{mark:<13}{style:#}{text}\n")
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Ok => GOOD,
        Verdict::Bypass | Verdict::Error | Verdict::Stopped | Verdict::Weakness => BAD,
        _ => WARN,
    }
}

pub(super) const ACCEPTS_EVERYTHING: &str = "Anyone can confirm any invoice: the endpoint accepts \
    everything, even an empty body. It verifies nothing, or decides after its response: look at \
    what became of the orders.";
pub(super) const BANS: &str = "After an attack the endpoint refuses genuine postbacks too: it bans \
    or limits senders. Attack a deployment that does not.";
pub(super) const ERROR_IN_BODY: &str = "A 2xx with an error in its body: the vendor reads only the \
    status, and takes the postback as received. Respond with a 4xx to what you refuse.";
const DIFFERS: &str = "Genuine postbacks get 409: the invoice or the order was paid before, or with \
    other fields. Use a new order.";
const FAILS: &str = "Genuine postbacks get a server error: see the endpoint's log.";
pub(super) const LIMITS: &str = "Genuine postbacks get 429: the endpoint limits requests. Attack a \
    deployment that does not, or wait longer with --pause.";
const NOT_FOUND: &str = "Genuine postbacks get 404 or 405: either nothing takes a POST at this URL, or \
    the shop does not know the invoice or the order: set --invoice-id and --order-id.";
const REDIRECTS: &str = "Genuine postbacks are redirected, and the vendor's sender may lose the body \
    on the way: respond at this URL.";
const REFUSES_GENUINE: &str = "Genuine postbacks are refused, so that refusals prove nothing: check \
    the secret, the URL, the order, the amount and --format. A shop that asks the vendor's API \
    refuses invoices that the vendor does not know: run one that does not.";
const REFUSES_TOKEN: &str = "Genuine postbacks get 401 or 403, so that refusals prove nothing: set \
    the endpoint's SECRET KEY here too, compare the clocks, and look for a firewall or a login before it.";
pub(super) const SHOWS_NOTHING: &str = "The page of --check-url does not show a genuine payment, so \
    that it proves nothing: check the URL, the text, the order and the amount.";
pub(super) const SILENT: &str = "A genuine postback got no response, so the run ended.";
