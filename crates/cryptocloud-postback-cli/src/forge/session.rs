use std::{collections::VecDeque, time::Duration};

use anyhow::bail;
use cryptocloud_postback::{Format, testing::PostbackBuilder};
use futures_util::{StreamExt, stream};
use tokio::time;

use super::{
    attacks::{Attack, CONTROLS, Plan},
    check::Check,
    forger::Forger,
    outcome::{Outcome, Verdict},
    results::{ACCEPTS_EVERYTHING, BANS, Results, SHOWS_NOTHING, SILENT},
};
use crate::{body, client::Client};

/// Sends attacks with genuine postbacks between them: what an endpoint refuses says something only
/// if it accepts genuine postbacks before and after.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) check: Option<Check>,
    pub(super) client: &'a Client,
    /// What the endpoint accepts, once that is known.
    pub(super) format: Format,
    pub(super) invoice_id: Option<String>,
    pub(super) order_id: String,
    pub(super) pause: Duration,
    pub(super) postback: PostbackBuilder,
    pub(super) results: &'a mut Results,
}

impl Session<'_> {
    pub(super) async fn run(
        &mut self,
        mut attacks: Vec<&'static Attack>,
        formats: &[Format],
    ) -> anyhow::Result<()> {
        let controls = if attacks.len() <= BATCH { 1 } else { 2 };
        // A page can show that an attack paid an order only before a genuine postback pays it.
        let is_early = |attack: &Attack| self.check.is_some() && attack.payments == Some(0);
        attacks.sort_by_key(|attack| (!is_early(attack), !PROBES.contains(&attack.name)));
        let early = attacks.iter().take_while(|attack| is_early(attack)).count();
        let mut attacks = VecDeque::from(attacks);
        for attack in attacks.drain(..early) {
            self.attack(attack).await?;
        }
        let guess = self.format;
        self.introduce(formats, controls).await?;
        self.results.settle(match self.results.stop {
            Some(_) => Some(UNKNOWN),
            None if guess == self.format => None,
            None => Some("sent in a format that is refused: set --format"),
        })?;
        while self.results.stop.is_none()
            && let Some(attack) = attacks.pop_front()
        {
            let has_response = self.attack(attack).await?;
            if !has_response || attacks.is_empty() || self.results.pending.len() == BATCH {
                self.prove().await?;
            }
        }
        Ok(())
    }

    /// Sends genuine postbacks in these formats, and goes on in the first one that is accepted.
    async fn introduce(&mut self, formats: &[Format], count: usize) -> anyhow::Result<()> {
        let mut accepted = None;
        'sent: for format in formats {
            self.format = *format;
            for control in &controls(*format)[..count] {
                let outcome = self.send(control).await?;
                let (status, verdict) = (outcome.status, outcome.verdict);
                if status.is_none() {
                    let reason = outcome.note.unwrap_or_default();
                    bail!("{}: {reason}", self.client.url());
                }
                self.results.add(outcome)?;
                if status == Some(429) {
                    break 'sent;
                }
                if verdict == Verdict::Ok {
                    accepted.get_or_insert(*format);
                }
            }
        }
        match (accepted, &self.check) {
            (None, _) => self.results.stop = Some(self.results.refusal()),
            (_, Some(check)) if !check.has_shown => self.results.stop = Some(SHOWS_NOTHING),
            (Some(format), _) => self.format = format,
        }
        Ok(())
    }

    /// Settles what is pending once a genuine postback is accepted after it.
    async fn prove(&mut self) -> anyhow::Result<()> {
        let pending = &mut self.results.pending;
        let accepted = pending.iter().filter(|outcome| outcome.is_accepted());
        if accepted.map(|outcome| outcome.attack.name).eq(PROBES) {
            for outcome in pending {
                outcome.verdict = Verdict::Bypass;
            }
            self.results.stop = Some(ACCEPTS_EVERYTHING);
            return self.results.settle(None);
        }
        let mut tries = 0;
        let is_known = loop {
            let is_known = self.control().await?;
            let is_done = is_known && self.results.is_conclusive();
            if is_done || tries == TRIES || self.results.stop.is_some() {
                break is_known;
            }
            tries += 1;
            time::sleep(self.pause).await;
            for at in 0..self.results.pending.len() {
                let Outcome { attack, .. } = self.results.pending[at];
                if !self.results.pending[at].is_accepted() {
                    self.results.pending[at] = self.send(attack).await?;
                }
            }
        };
        if !is_known {
            self.results.stop.get_or_insert(BANS);
        }
        self.results.settle((!is_known).then_some(UNKNOWN))
    }

    /// Whether a genuine postback is accepted.
    async fn control(&mut self) -> anyhow::Result<bool> {
        let outcome = self.send(&controls(self.format)[0]).await?;
        if outcome.status.is_none() {
            self.results.stop = Some(SILENT);
        }
        Ok(outcome.verdict == Verdict::Ok)
    }

    /// Sends an attack, and returns whether there was a response.
    async fn attack(&mut self, attack: &'static Attack) -> anyhow::Result<bool> {
        let outcome = self.send(attack).await?;
        let has_response = outcome.status.is_some();
        self.results.pending.push(outcome);
        Ok(has_response)
    }

    async fn send(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        let invoice_id = self.invoice_id.as_deref();
        let forger = Forger::new(&self.postback, self.format, invoice_id)?;
        let Plan(requests) = (attack.plan)(&forger);
        let body = requests.first().map_or(&[][..], |request| &request.body);
        let order_id = body::field(self.format, body, "order_id");
        let order_id = order_id.unwrap_or_else(|| self.order_id.clone());
        let place = (forger.invoice_id.as_str(), order_id.as_str());
        let before = match &self.check {
            Some(check) if check.watches(attack) => Some(check.count(place).await),
            _ => None,
        };
        // One after another, or many at once.
        let at_once = if requests.len() > 2 {
            requests.len()
        } else {
            1
        };
        let requests = stream::iter(requests);
        let responses = requests.map(|request| self.client.send(request));
        let responses: Vec<_> = responses.buffered(at_once).collect().await;
        let mut outcome = Outcome::new(attack, &responses);
        if let (Some(check), Some(before)) = (&mut self.check, before) {
            // The shop may handle a payment after its response.
            time::sleep(self.pause).await;
            check.judge(&mut outcome, before, place).await;
        }
        if outcome.verdict == Verdict::Review {
            let must = match attack.payments {
                Some(0) => "must not be paid by it",
                _ => "must be credited once",
            };
            outcome.note = Some(format!(
                "order {order_id} {must}; invoice {}",
                forger.invoice_id
            ));
        }
        Ok(outcome)
    }
}

fn controls(format: Format) -> &'static [Attack] {
    let (json, form) = CONTROLS.split_at(2);
    match format {
        Format::Form => form,
        Format::Json => json,
    }
}

/// How many attacks are sent before a genuine postback.
const BATCH: usize = PROBES.len();
/// The first attacks, of which a sound endpoint refuses at least one.
const PROBES: [&str; 3] = ["token-missing", "other-secret", "empty"];
const TRIES: usize = 3;
const UNKNOWN: &str = "genuine postbacks had no effect either";
