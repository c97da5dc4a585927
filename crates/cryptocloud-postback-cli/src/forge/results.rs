use std::collections::{BTreeMap, VecDeque};

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
    /// Sent, but not followed by a genuine postback yet.
    pub(super) pending: VecDeque<Outcome>,
    /// Why the run ended early.
    pub(super) stop: Option<Stop>,
    /// How many attacks were asked for.
    pub(super) wanted: usize,
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
    pub(super) passed: bool,
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

    /// Adds what is pending as it is.
    pub(super) fn settle(&mut self) -> anyhow::Result<()> {
        while let Some(outcome) = self.pending.pop_front() {
            self.add(outcome)?;
        }
        Ok(())
    }

    /// Adds what is pending; for this reason no refusal among it proves anything.
    pub(super) fn settle_as(&mut self, reason: &str) -> anyhow::Result<()> {
        while let Some(outcome) = self.pending.pop_front() {
            self.add(match outcome.verdict {
                Verdict::Ok => outcome.inconclusive(reason),
                _ => outcome,
            })?;
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
            not_sent: self.wanted.saturating_sub(self.attacks.len()),
            verdicts,
            conclusions: self.conclusions(),
            passed: self.passed(),
        }
    }

    fn conclusions(&self) -> Vec<Conclusion> {
        let mut found: BTreeMap<_, Conclusion> = BTreeMap::new();
        for outcome in self.outcomes() {
            let Some(text) = outcome.conclusion() else {
                continue;
            };
            let is_accepted = matches!(outcome.verdict, Verdict::Accepted(_));
            let (key, class, text) = match (self.stop, outcome.verdict) {
                // One sentence says it.
                (Some(Stop::AcceptsEverything), Verdict::Accepted(_)) => {
                    (None, Class::Bypass.name(), Stop::AcceptsEverything.text())
                }
                // The reason for the stop says more.
                (Some(stop), Verdict::Refused) if stop.refuses() => continue,
                // Refusals of all kinds belong together.
                (_, verdict) => {
                    let finding = is_accepted.then_some(outcome.attack.finding);
                    (Some((verdict, finding, text)), verdict.name(), text)
                }
            };
            let conclusion = found.entry(key).or_insert_with(|| Conclusion {
                class,
                text,
                attacks: Vec::new(),
            });
            conclusion.attacks.push(outcome.attack.name);
        }
        let stop = self.stop.filter(|stop| *stop != Stop::AcceptsEverything);
        let stop = stop.map(|stop| Conclusion {
            class: "stopped",
            text: stop.text(),
            attacks: Vec::new(),
        });
        found.into_values().chain(stop).collect()
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.controls.iter().chain(&self.attacks)
    }
}

/// Why a run ends before all attacks are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    AcceptsEverything,
    Bans,
    Interrupted,
    NotFound,
    RefusesGenuine,
    RefusesToken,
    ShowsNothing,
    Silent,
}

impl Stop {
    /// Whether every genuine postback was refused.
    fn refuses(self) -> bool {
        matches!(
            self,
            Self::NotFound | Self::RefusesGenuine | Self::RefusesToken
        )
    }

    fn text(self) -> &'static str {
        match self {
            Self::AcceptsEverything => {
                "Anyone can confirm any invoice: the endpoint accepts everything, even an empty body. \
                 It verifies nothing, or decides after its response: look at what became of the orders."
            }
            Self::Bans => {
                "After an attack the endpoint refuses genuine postbacks too: it bans or limits senders. \
                 Attack a deployment that does not."
            }
            Self::Interrupted => "Interrupted.",
            Self::NotFound => {
                "Every genuine postback got 404 or 405: nothing takes a POST at this URL. Check its path."
            }
            Self::RefusesGenuine => {
                "Genuine postbacks are refused, so that refusals prove nothing: check the secret, the \
                 URL, the order and the amount. A shop that asks the vendor's API refuses invoices that \
                 the vendor does not know: run one that does not."
            }
            Self::RefusesToken => {
                "Every genuine postback got 401 or 403, so that refusals prove nothing: set the \
                 endpoint's SECRET KEY here too, and compare the clocks."
            }
            Self::ShowsNothing => {
                "The page of --check-url does not show a genuine payment, so that it proves nothing: \
                 check the URL, the text, the order and the amount."
            }
            Self::Silent => "A genuine postback got no response, so the run ended.",
        }
    }
}
