use std::{collections::BTreeMap, mem};

use anstyle::Style;
use serde::Serialize;

use super::outcome::{Outcome, Verdict};
use crate::output::{self, BAD, DIM, Escaped, GOOD, WARN, wrapped};

/// What a run has shown so far.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) controls: Vec<Outcome>,
    pub(super) attacks: Vec<Outcome>,
    /// Whether the results are for a program.
    pub(super) json: bool,
    /// Sent, but not followed by a genuine postback yet.
    pub(super) pending: Vec<Outcome>,
    /// Why the run ended early.
    pub(super) stop: Option<&'static str>,
    /// How many attacks were asked for.
    pub(super) wanted: usize,
}

/// What the results mean.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    controls: &'a [Outcome],
    attacks: &'a [Outcome],
    not_sent: usize,
    /// How many there are of each verdict.
    verdicts: BTreeMap<Verdict, usize>,
    conclusions: Vec<Conclusion>,
    pub(super) passed: bool,
}

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
        if outcome.attack.class == Verdict::Ok {
            self.controls.push(outcome);
        } else {
            self.attacks.push(outcome);
        }
        Ok(())
    }

    /// Adds what is pending. If there is a doubt, only what was accepted is certain.
    pub(super) fn settle(&mut self, doubt: Option<&str>) -> anyhow::Result<()> {
        for mut outcome in mem::take(&mut self.pending) {
            if let Some(reason) = doubt
                && !outcome.is_accepted()
            {
                outcome.doubt(reason);
            }
            self.add(outcome)?;
        }
        Ok(())
    }

    /// Whether what is pending has verdicts.
    pub(super) fn is_conclusive(&self) -> bool {
        let mut pending = self.pending.iter();
        pending.all(|outcome| outcome.verdict != Verdict::Inconclusive)
    }

    /// Why the run ends if no genuine postback was accepted.
    pub(super) fn refusal(&self) -> &'static str {
        let reasons = self.controls.iter().map(|outcome| match outcome.status {
            Some(401 | 403) => REFUSES_TOKEN,
            Some(404 | 405) => NOT_FOUND,
            Some(429) => LIMITS,
            Some(300..=399) => REDIRECTS,
            Some(500..) => FAILS,
            _ => REFUSES_GENUINE,
        });
        let all = reasons.reduce(|all, next| if all == next { all } else { REFUSES_GENUINE });
        all.unwrap_or(REFUSES_GENUINE)
    }

    pub(super) fn summary(&self) -> Summary<'_> {
        let mut verdicts = BTreeMap::new();
        for outcome in self.outcomes() {
            *verdicts.entry(outcome.verdict).or_default() += 1;
        }
        Summary {
            controls: &self.controls,
            attacks: &self.attacks,
            not_sent: self.wanted.saturating_sub(self.attacks.len()),
            verdicts,
            conclusions: self.conclusions(),
            // What the merchant has to look at does not count.
            passed: self.stop.is_none() && !self.outcomes().any(Outcome::is_failure),
        }
    }

    fn conclusions(&self) -> Vec<Conclusion> {
        let mut found: Vec<Conclusion> = Vec::new();
        let mut outcomes: Vec<_> = self.outcomes().collect();
        outcomes.sort_by_key(|outcome| outcome.verdict);
        for outcome in outcomes {
            let Some(text) = self.meaning(outcome) else {
                continue;
            };
            let (class, name) = (outcome.verdict, outcome.attack.name);
            match found.iter_mut().find(|known| known.text == text) {
                Some(known) => known.attacks.push(name),
                None => found.push(Conclusion {
                    class,
                    text,
                    attacks: vec![name],
                }),
            }
        }
        let stop = self.stop.filter(|stop| *stop != ACCEPTS_EVERYTHING);
        found.extend(stop.map(|text| Conclusion {
            class: Verdict::Stopped,
            text,
            attacks: Vec::new(),
        }));
        found
    }

    /// What an outcome means to the merchant, if it means something.
    fn meaning(&self, outcome: &Outcome) -> Option<&'static str> {
        let is_genuine = outcome.attack.class == Verdict::Ok;
        match outcome.verdict {
            Verdict::Ok | Verdict::Stopped => None,
            // The reason for the stop says more.
            _ if is_genuine && self.controls.iter().all(|it| it.verdict != Verdict::Ok) => None,
            verdict if verdict.is_class() && outcome.error_in_body => Some(ERROR_IN_BODY),
            // One sentence says it.
            verdict if verdict.is_class() && self.stop == Some(ACCEPTS_EVERYTHING) => self.stop,
            Verdict::Bypass | Verdict::Weakness | Verdict::Strictness | Verdict::Refused => {
                Some(outcome.attack.meaning)
            }
            Verdict::Error => Some("Server errors, redirects or no response."),
            Verdict::Inconclusive if outcome.status.is_some_and(|status| status < 300) => {
                Some("Accepted, but nothing shows what it did: see the reasons above.")
            }
            Verdict::Inconclusive => {
                Some("Refused, but perhaps for another reason: see the reasons above.")
            }
            Verdict::Review => Some("Only you can see the effect: look at the orders above."),
        }
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.controls.iter().chain(&self.attacks)
    }
}

impl Summary<'_> {
    /// For people, within 80 columns.
    pub(super) fn text(&self) -> String {
        let counts = self.verdicts.iter();
        let counts = counts.map(|(verdict, count)| format!("{count} {verdict}"));
        let mut text = format!("\n{}\n", counts.collect::<Vec<_>>().join(", "));
        for Conclusion {
            class,
            text: meaning,
            attacks,
        } in &self.conclusions
        {
            let style = style(*class);
            text += &format!("{style}{class:<13}{style:#}{}\n", column(meaning));
            if !attacks.is_empty() {
                text += &format!("{:13}{DIM}{}{DIM:#}\n", "", column(&attacks.join(", ")));
            }
        }
        let has_review = self.verdicts.contains_key(&Verdict::Review);
        text += &match (self.passed, has_review) {
            (false, _) => format!("{BAD}not passed{BAD:#}   See above.\n"),
            (true, false) => format!(
                "{GOOD}passed{GOOD:#}       No attack that matters was accepted, and genuine postbacks were.\n"
            ),
            (true, true) => format!(
                "{GOOD}passed{GOOD:#}       As far as responses tell: what is for review only you can see.\n"
            ),
        };
        text
    }
}

fn row(outcome: &Outcome) -> String {
    let Outcome {
        attack,
        status,
        verdict,
        ..
    } = outcome;
    let status = status.map_or("-".to_owned(), |status| status.to_string());
    let style = style(*verdict);
    let mut row = format!(
        "{style}{verdict:<13}{style:#}{:<22}{status:<4}{}\n",
        attack.name, attack.description,
    );
    if let Some(note) = &outcome.note {
        row += &format!("{:13}{}\n", "", column(&Escaped(note).to_string()));
    }
    row
}

/// The text in the column beside verdicts.
fn column(text: &str) -> String {
    wrapped(text, 67).join(&format!("\n{:13}", ""))
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Ok => GOOD,
        Verdict::Bypass | Verdict::Error | Verdict::Stopped | Verdict::Weakness => BAD,
        _ => WARN,
    }
}

pub(super) const ACCEPTS_EVERYTHING: &str = "Anyone can confirm any invoice: the endpoint accepts \
    everything, even an empty body. It verifies nothing, or decides after its response: look at what \
    became of the orders.";
const ERROR_IN_BODY: &str = "Accepted by its status, though the body of the response has an error: \
    the vendor reads only the status. Respond with a 4xx to what you refuse.";
pub(super) const BANS: &str = "After an attack the endpoint refuses genuine postbacks too: it bans or \
    limits senders. Attack a deployment that does not.";
const FAILS: &str = "Every genuine postback got a server error: see the endpoint's log.";
const LIMITS: &str = "Genuine postbacks got 429: the endpoint limits requests. Attack a deployment \
    that does not, or wait longer with --pause.";
const NOT_FOUND: &str = "Every genuine postback got 404 or 405: nothing takes a POST at this URL. \
    Check its path.";
const REDIRECTS: &str = "Every genuine postback was redirected. The vendor's sender would follow with \
    a GET and lose the body: respond at this URL.";
const REFUSES_GENUINE: &str = "Genuine postbacks are refused, so that refusals prove nothing: check \
    the secret, the URL, the order and the amount. A shop that asks the vendor's API refuses invoices \
    that the vendor does not know: run one that does not.";
const REFUSES_TOKEN: &str = "Every genuine postback got 401 or 403, so that refusals prove nothing: \
    set the endpoint's SECRET KEY here too, and compare the clocks.";
pub(super) const SHOWS_NOTHING: &str = "The page of --check-url does not show a genuine payment, so \
    that it proves nothing: check the URL, the text, the order and the amount.";
pub(super) const SILENT: &str = "A genuine postback got no response, so the run ended.";
