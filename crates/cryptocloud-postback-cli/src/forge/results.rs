use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    attack::{Class, Finding},
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
    pub(super) text: String,
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
        let mut findings: BTreeMap<(Class, Finding), Vec<_>> = BTreeMap::new();
        for outcome in self.outcomes() {
            if let Verdict::Accepted(class) = outcome.verdict {
                let key = (class, outcome.attack.finding);
                findings.entry(key).or_default().push(outcome.attack.name);
            }
        }
        let findings = findings
            .into_iter()
            .map(|((class, finding), attacks)| Conclusion {
                class: class.name(),
                text: finding.conclusion().to_owned(),
                attacks,
            });
        let with = |verdict: Verdict, text: &str| {
            let found = self.outcomes().filter(|outcome| outcome.verdict == verdict);
            let attacks: Vec<_> = found.map(|outcome| outcome.attack.name).collect();
            (!attacks.is_empty()).then(|| Conclusion {
                class: verdict.name(),
                text: text.to_owned(),
                attacks,
            })
        };
        let stop = self.stop.map(|stop| Conclusion {
            class: "stopped",
            text: stop.to_owned(),
            attacks: Vec::new(),
        });
        findings
            .chain(with(
                Verdict::Error,
                "Server errors, redirects or no response.",
            ))
            .chain(with(Verdict::Refused, Finding::Genuine.conclusion()))
            .chain(with(
                Verdict::Inconclusive,
                "Refused, but perhaps for another reason.",
            ))
            .chain(with(
                Verdict::Review,
                "Only you can see the effect: look at the orders above.",
            ))
            .chain(stop)
            .collect()
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
