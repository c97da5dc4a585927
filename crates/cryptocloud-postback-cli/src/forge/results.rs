use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    attack::Finding,
    outcome::{Outcome, Verdict},
    table,
};
use crate::output;

/// What a run has shown so far.
#[derive(Debug, Default)]
pub(super) struct Results {
    controls: Vec<Outcome>,
    attacks: Vec<Outcome>,
    json: bool,
    /// How many attacks were not sent.
    pub(super) not_sent: usize,
    /// Why the run ended early.
    pub(super) stop: Option<&'static str>,
}

/// What the results mean, in words.
#[derive(Debug, Serialize)]
pub(super) struct Conclusion {
    pub(super) class: &'static str,
    pub(super) text: &'static str,
    pub(super) attacks: Vec<&'static str>,
}

/// The results as one value.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    controls: &'a [Outcome],
    attacks: &'a [Outcome],
    not_sent: usize,
    /// How many there are of each verdict.
    pub(super) verdicts: BTreeMap<&'static str, usize>,
    pub(super) conclusions: Vec<Conclusion>,
    passed: bool,
}

impl Results {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            ..Self::default()
        }
    }

    /// Adds an outcome, and prints it unless the results are for a program.
    pub(super) fn add(&mut self, outcome: Outcome) -> anyhow::Result<()> {
        if !self.json {
            if self.outcomes().next().is_none() {
                output::print(&table::head())?;
            }
            output::print(&table::row(&outcome))?;
        }
        if outcome.attack.finding == Finding::Genuine {
            self.controls.push(outcome);
        } else {
            self.attacks.push(outcome);
        }
        Ok(())
    }

    /// Whether the endpoint has passed; what the merchant has to look at does not count.
    pub(super) fn passed(&self) -> bool {
        self.stop.is_none() && !self.outcomes().any(Outcome::is_failure)
    }

    pub(super) fn summary(&self) -> Summary<'_> {
        let mut verdicts = BTreeMap::new();
        for outcome in self.outcomes() {
            *verdicts.entry(outcome.verdict.name()).or_default() += 1;
        }
        Summary {
            controls: &self.controls,
            attacks: &self.attacks,
            not_sent: self.not_sent,
            verdicts,
            conclusions: self.conclusions(),
            passed: self.passed(),
        }
    }

    fn conclusions(&self) -> Vec<Conclusion> {
        let mut found: BTreeMap<(Verdict, Option<Finding>), Conclusion> = BTreeMap::new();
        for outcome in self.outcomes() {
            let Some(text) = outcome.conclusion() else {
                continue;
            };
            // Refusals of all kinds belong together.
            let is_accepted = matches!(outcome.verdict, Verdict::Accepted(_));
            let finding = is_accepted.then_some(outcome.attack.finding);
            let conclusion = found.entry((outcome.verdict, finding));
            let conclusion = conclusion.or_insert_with(|| Conclusion {
                class: outcome.verdict.name(),
                text,
                attacks: Vec::new(),
            });
            conclusion.attacks.push(outcome.attack.name);
        }
        let stop = self.stop.map(|text| Conclusion {
            class: "stopped",
            text,
            attacks: Vec::new(),
        });
        found.into_values().chain(stop).collect()
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.controls.iter().chain(&self.attacks)
    }
}

pub(super) const ACCEPTS_EVERYTHING: &str = "The endpoint accepts everything, even an empty body: it \
    verifies nothing, or decides after its response. Look at what became of the orders.";
pub(super) const BANS: &str = "After an attack the endpoint refuses genuine postbacks too: it bans or \
    limits senders. Attack a deployment that does not.";
pub(super) const INTERRUPTED: &str = "Interrupted.";
pub(super) const REFUSES_GENUINE: &str = "Genuine postbacks are refused, so that refusals prove \
    nothing: check the secret, the URL, the order and the amount.";
pub(super) const SHOWS_NOTHING: &str = "The page of --check-url does not show a genuine payment, so \
    that it proves nothing: check the URL, the text, the order and the amount.";
pub(super) const SILENT: &str = "A genuine postback got no response, so the run ended.";
