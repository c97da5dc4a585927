use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use anyhow::bail;
use cryptocloud_postback::{Format, testing::PostbackBuilder};
use futures_util::future;
use tokio::time;

use super::{
    attack::{Attack, Finding, Plan},
    attacks::{ATTACKS, CONTROLS},
    check::Check,
    forger::Forger,
    outcome::{Outcome, Verdict},
    results::{Results, Stop},
};
use crate::client::{Client, Response, SendError};

/// Sends attacks with genuine postbacks between them: what an endpoint refuses says something only
/// if it accepts genuine postbacks before and after.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) builder: PostbackBuilder,
    pub(super) check: Option<Check>,
    pub(super) client: &'a Client,
    /// What the endpoint accepts, once that is known.
    pub(super) format: Format,
    pub(super) invoice_id: Option<String>,
    pub(super) order_id: String,
    pub(super) pause: Duration,
    pub(super) results: &'a mut Results,
}

impl Session<'_> {
    pub(super) async fn run(
        &mut self,
        attacks: Vec<&'static Attack>,
        formats: &[Format],
    ) -> anyhow::Result<()> {
        let is_short = attacks.len() <= BATCH;
        self.results.wanted = attacks.len();
        if let (Some(check), Some(invoice_id)) = (&mut self.check, &self.invoice_id) {
            check.look_ahead((invoice_id, &self.order_id)).await;
        }
        // A page can show that an attack paid an order only before a genuine postback pays it.
        let is_early =
            |attack: &&Attack| self.check.is_some() && attack.finding == Finding::Reported;
        let (mut early, mut rest): (VecDeque<_>, VecDeque<_>) =
            attacks.into_iter().partition(is_early);
        let guess = self.format;
        self.send_some(&mut early, usize::MAX).await?;
        self.introduce(formats, is_short).await?;
        if guess != self.format {
            self.results
                .settle_as("sent in a format that is refused: set --format")?;
        } else if self.results.stop.is_some() {
            self.results.settle_as(UNKNOWN)?;
        } else {
            self.results.settle()?;
        }

        let mut size = PROBES;
        while self.results.stop.is_none() && !rest.is_empty() {
            self.send_some(&mut rest, size).await?;
            if is_everything_accepted(&self.results.pending) {
                self.results.stop = Some(Stop::AcceptsEverything);
                self.results.settle()?;
            } else if self.control().await?
                && self.results.pending.iter().all(Outcome::is_conclusive)
            {
                self.results.settle()?;
            } else {
                self.again().await?;
            }
            size = BATCH;
        }
        Ok(())
    }

    /// Sends genuine postbacks in these formats, and goes on in the first one that is accepted.
    async fn introduce(&mut self, formats: &[Format], is_short: bool) -> anyhow::Result<()> {
        let guess = self.format;
        let mut accepted = None;
        let mut statuses = BTreeSet::new();
        for format in formats {
            self.format = *format;
            for control in controls(*format).take(if is_short { 1 } else { 2 }) {
                let outcome = self.send(control).await?;
                if outcome.status.is_none() {
                    let reason = outcome.reason.unwrap_or_default();
                    bail!("{}: {reason}", self.client.url());
                }
                statuses.extend(outcome.status);
                if outcome.verdict == Verdict::Ok {
                    accepted = accepted.or(Some(*format));
                }
                self.results.add(outcome)?;
            }
        }
        self.format = accepted.unwrap_or(guess);
        if accepted.is_none() {
            let only = |known: [u16; 2]| statuses.iter().all(|status| known.contains(status));
            self.results.stop = Some(if only([401, 403]) {
                Stop::RefusesToken
            } else if only([404, 405]) {
                Stop::NotFound
            } else {
                Stop::RefusesGenuine
            });
        }
        if self
            .check
            .as_ref()
            .is_some_and(|check| !check.shows_payments)
        {
            self.results.stop.get_or_insert(Stop::ShowsNothing);
        }
        Ok(())
    }

    /// Sends what was refused again, each attack between two genuine postbacks.
    async fn again(&mut self) -> anyhow::Result<()> {
        let mut strikes = 0;
        while let Some(outcome) = self.results.pending.front().cloned() {
            let again = if outcome.is_accepted() {
                outcome
            } else if !self.recovers().await? {
                self.results.stop.get_or_insert(Stop::Bans);
                outcome.inconclusive(UNKNOWN)
            } else {
                let outcome = self.send(outcome.attack).await?;
                if outcome.is_accepted() || self.control().await? {
                    outcome
                } else {
                    strikes += 1;
                    if strikes == MAX_STRIKES {
                        self.results.stop = Some(Stop::Bans);
                    }
                    outcome.inconclusive(UNKNOWN)
                }
            };
            self.results.pending.pop_front();
            self.results.add(again)?;
        }
        Ok(())
    }

    /// Waits until a genuine postback is accepted again.
    async fn recovers(&mut self) -> anyhow::Result<bool> {
        for _ in 0..TRIES {
            if self.results.stop.is_some() {
                break;
            }
            time::sleep(self.pause).await;
            if self.control().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a genuine postback is accepted.
    async fn control(&mut self) -> anyhow::Result<bool> {
        let Some(control) = controls(self.format).next() else {
            return Ok(false);
        };
        let outcome = self.send(control).await?;
        if outcome.status.is_none() {
            self.results.stop = Some(Stop::Silent);
        }
        Ok(outcome.verdict == Verdict::Ok)
    }

    /// Sends up to this many attacks, and fewer if there is no response to one.
    async fn send_some(
        &mut self,
        attacks: &mut VecDeque<&'static Attack>,
        size: usize,
    ) -> anyhow::Result<()> {
        for _ in 0..size {
            let Some(attack) = attacks.pop_front() else {
                break;
            };
            let outcome = self.send(attack).await?;
            let is_silent = outcome.status.is_none();
            self.results.pending.push_back(outcome);
            if is_silent {
                break;
            }
        }
        Ok(())
    }

    /// Sends one attack, and again after a pause while the endpoint limits requests.
    async fn send(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        let mut tries = 0;
        loop {
            let forger = Forger::new(&self.builder, self.format, self.invoice_id.as_deref())?;
            let plan = (attack.plan)(&forger);
            let order_id = plan.order_id(self.format);
            let order_id = order_id.unwrap_or_else(|| self.order_id.clone());
            let place = (forger.invoice_id.as_str(), order_id.as_str());
            let before = match &self.check {
                Some(check) => check.before(attack.finding, place).await,
                None => None,
            };
            let responses = responses(self.client, plan).await;
            let outcome = Outcome::new(attack, &responses);
            if outcome.status != Some(429) || tries == TRIES {
                return Ok(match (&mut self.check, before) {
                    // The shop may handle a payment after its response.
                    (Some(check), Some(before)) => {
                        time::sleep(self.pause).await;
                        check.judge(outcome, before, place).await
                    }
                    _ => outcome.looked_at(place),
                });
            }
            tries += 1;
            let mut waits = responses.iter().flatten();
            let wait = waits.find_map(|response| response.retry_after);
            time::sleep(wait.unwrap_or(self.pause).min(MAX_WAIT)).await;
        }
    }
}

/// Whether these are the first attacks, and all are accepted.
fn is_everything_accepted(outcomes: &VecDeque<Outcome>) -> bool {
    let accepted = outcomes.iter().filter(|outcome| outcome.is_accepted());
    let accepted = accepted.map(|outcome| outcome.attack.name);
    accepted.eq(ATTACKS.iter().take(PROBES).map(|attack| attack.name))
}

fn controls(format: Format) -> impl Iterator<Item = &'static Attack> {
    let prefix = format!("genuine-{format}");
    CONTROLS
        .iter()
        .filter(move |control| control.name.starts_with(&prefix))
}

async fn responses(client: &Client, plan: Plan) -> Vec<Result<Response, SendError>> {
    match plan {
        Plan::AtOnce(requests) => {
            future::join_all(requests.into_iter().map(|request| client.send(request))).await
        }
        Plan::One(request) => vec![client.send(request).await],
        Plan::Two(first, second) => vec![client.send(first).await, client.send(second).await],
    }
}

/// How many attacks are sent before a genuine postback.
const BATCH: usize = 6;
/// Longer than most limits, and shorter than patience.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// How many attacks may be followed by a refused genuine postback again.
const MAX_STRIKES: usize = 3;
/// The first attacks, of which a sound endpoint refuses at least one.
const PROBES: usize = 3;
const TRIES: usize = 3;
const UNKNOWN: &str = "genuine postbacks had no effect either";
