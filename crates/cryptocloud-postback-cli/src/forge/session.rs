use std::time::Duration;

use anyhow::bail;
use cryptocloud_postback::{Format, testing::PostbackBuilder};
use futures_util::{StreamExt, stream};
use tokio::time;

use super::{
    attacks::{Attack, CONTROLS, Plan},
    check::Check,
    forger::Forger,
    outcome::{Outcome, Verdict},
    results::{ACCEPTS_EVERYTHING, BANS, LIMITS, Results, SHOWS_NOTHING, SILENT},
};
use crate::{body, client::Client};

/// Sends attacks with genuine postbacks between them: what an endpoint refuses says something only
/// if it accepts genuine postbacks before and after.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) check: Option<Check>,
    pub(super) client: &'a Client,
    pub(super) format: Format,
    pub(super) invoice_id: Option<&'a str>,
    pub(super) order_id: &'a str,
    pub(super) pause: Duration,
    pub(super) postback: PostbackBuilder,
    pub(super) results: Results,
}

impl Session<'_> {
    pub(super) async fn run(&mut self, mut attacks: Vec<&'static Attack>) -> anyhow::Result<()> {
        // A page can show that an attack paid an order only before a genuine postback pays it.
        let is_early = |attack: &Attack| self.check.is_some() && attack.payments == Some(0);
        attacks.sort_by_key(|attack| (!is_early(attack), !PROBES.contains(&attack.name)));
        let early = attacks.partition_point(|attack| is_early(attack));
        let (early, late) = attacks.split_at(early);
        for attack in early {
            if !self.attack(attack).await? {
                break;
            }
        }
        self.introduce().await?;
        self.results.settle(self.results.stop.map(|_| UNKNOWN))?;
        let mut late = late.iter();
        while self.results.stop.is_none()
            && let Some(attack) = late.next()
        {
            let has_response = self.attack(attack).await?;
            if !has_response || self.results.pending.len() == BATCH || late.len() == 0 {
                self.prove().await?;
            }
        }
        Ok(())
    }

    /// Sends genuine postbacks, without which nothing is known about the endpoint.
    async fn introduce(&mut self) -> anyhow::Result<()> {
        for control in CONTROLS {
            let outcome = self.send(control).await?;
            if outcome.status.is_none() {
                let reason = outcome.note.unwrap_or_default();
                bail!("{}: {reason}", self.client.url());
            }
            self.results.add(outcome)?;
        }
        if !self.results.accepts_genuine() {
            self.results.stop = Some(self.results.refusal());
        } else if self.check.as_ref().is_some_and(|check| !check.has_shown) {
            self.results.stop = Some(SHOWS_NOTHING);
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
        for tries in 0..=TRIES {
            let control = self.send(&CONTROLS[0]).await?;
            let mut verdicts = self.results.pending.iter().map(|outcome| outcome.verdict);
            let is_known = verdicts.all(|verdict| verdict != Verdict::Inconclusive);
            if control.verdict == Verdict::Ok && (is_known || tries == TRIES) {
                return self.results.settle(None);
            }
            self.results.stop = match control.status {
                None => Some(SILENT),
                Some(429) => Some(LIMITS),
                Some(_) if tries == TRIES => Some(BANS),
                Some(_) => None,
            };
            if self.results.stop.is_some() {
                break;
            }
            time::sleep(self.pause).await;
            for at in 0..self.results.pending.len() {
                let Outcome { attack, .. } = self.results.pending[at];
                if !self.results.pending[at].is_accepted() {
                    self.results.pending[at] = self.send(attack).await?;
                }
            }
        }
        self.results.settle(Some(UNKNOWN))
    }

    /// Sends an attack, and returns whether there was a response.
    async fn attack(&mut self, attack: &'static Attack) -> anyhow::Result<bool> {
        let outcome = self.send(attack).await?;
        let has_response = outcome.status.is_some();
        self.results.pending.push(outcome);
        Ok(has_response)
    }

    /// Sends an attack, and again after a pause while the endpoint limits requests.
    async fn send(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        for _ in 0..TRIES {
            let outcome = self.send_once(attack).await?;
            if outcome.status != Some(429) {
                return Ok(outcome);
            }
            time::sleep(self.pause).await;
        }
        self.send_once(attack).await
    }

    async fn send_once(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        let forger = Forger::new(&self.postback, self.format, self.invoice_id)?;
        let Plan(requests) = (attack.plan)(&forger);
        let body = requests.first().map_or(&[][..], |request| &request.body);
        let order_id = body::field(self.format, body, "order_id");
        let order_id = order_id.as_deref().unwrap_or(self.order_id);
        let place = (forger.invoice_id.as_str(), order_id);
        let before = match &self.check {
            // One genuine postback is enough to know that the page shows payments.
            Some(check) if attack.payments.is_some() || !check.has_shown => {
                Some(check.count(place).await)
            }
            _ => None,
        };
        // One after another, or many at once.
        let at_once = if requests.len() > 2 {
            requests.len()
        } else {
            1
        };
        let requests = stream::iter(requests).map(|request| self.client.send(request));
        let responses: Vec<_> = requests.buffered(at_once).collect().await;
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
            let (invoice_id, order_id) = place;
            outcome.note = Some(format!("order {order_id} {must}; invoice {invoice_id}"));
        }
        Ok(outcome)
    }
}

/// How many attacks are sent before a genuine postback.
const BATCH: usize = PROBES.len();
/// The first attacks, of which a sound endpoint refuses at least one.
const PROBES: [&str; 3] = ["token-missing", "other-secret", "empty"];
const TRIES: usize = 3;
const UNKNOWN: &str = "genuine postbacks had no effect either";
