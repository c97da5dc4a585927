use std::time::Duration;

use anyhow::bail;
use cryptocloud_postback::{Format, testing::PostbackBuilder};
use futures_util::{StreamExt, stream};
use tokio::time;

use super::{
    attacks::{Attack, CONTROLS},
    check::Check,
    forger::Forger,
    outcome::{Outcome, Verdict},
    results::{ACCEPTS_EVERYTHING, BANS, ERROR_IN_BODY, LIMITS, Results, SHOWS_NOTHING, SILENT},
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
        let mut outcomes = Vec::new();
        for attack in early {
            outcomes.push(self.send_first(attack).await?);
        }
        let before = self.count().await;
        let outcome = self.send_first(&CONTROLS[0]).await?;
        self.results.add(outcome)?;
        // A shop that handles later than the pause shows an attack's payment as the genuine one's.
        time::sleep(self.pause).await;
        let is_late = self.count().await > before + 1;
        // Of an invoice that was paid with other fields, it would be refused for those.
        let skipped = self.invoice_id.map_or(1, |_| CONTROLS.len());
        for control in CONTROLS.iter().skip(skipped) {
            let outcome = self.send_first(control).await?;
            self.results.add(outcome)?;
        }
        if !self.results.accepts_genuine() {
            self.results.stop = Some(self.results.refusal());
        } else if self.check.as_ref().is_some_and(|check| !check.has_shown) {
            self.results.stop = Some(SHOWS_NOTHING);
        }
        for mut outcome in outcomes {
            if !outcome.is_accepted() && self.results.stop.is_some() {
                outcome.doubt(UNKNOWN);
            } else if !outcome.is_accepted() && is_late {
                outcome.doubt("the page showed a payment too late: set a longer --pause");
            }
            self.results.add(outcome)?;
        }
        for attack in late {
            if self.results.stop.is_some() {
                break;
            }
            let mut outcome = self.prove(attack).await?;
            let sent = self.results.attacks.iter().chain([&outcome]);
            let is_accepted = |it: &&Outcome| it.is_accepted() && PROBES.contains(&it.attack.name);
            let accepted: Vec<_> = sent.filter(is_accepted).collect();
            if accepted.len() == PROBES.len() {
                let has_error = accepted.iter().any(|it| it.error_in_body);
                let meaning = [ACCEPTS_EVERYTHING, ERROR_IN_BODY];
                self.results.stop = Some(meaning[usize::from(has_error)]);
                outcome.verdict = Verdict::Bypass;
            }
            self.results.add(outcome)?;
        }
        Ok(())
    }

    /// How many payments the page of the order shows, if there is one.
    async fn count(&self) -> usize {
        match &self.check {
            Some(check) => check.count(("", self.order_id)).await.unwrap_or_default(),
            None => 0,
        }
    }

    /// Sends an attack or a genuine postback, without a response to which nothing is known.
    async fn send_first(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        let mut tries = 0..TRIES;
        loop {
            let outcome = self.send(attack).await?;
            let Some(status) = outcome.status else {
                let reason = outcome.note.unwrap_or_default();
                bail!("{}: {reason}", self.client.url);
            };
            if status != 429 || tries.next().is_none() {
                return Ok(outcome);
            }
            time::sleep(self.pause).await;
        }
    }

    /// Sends an attack until a genuine postback after it is accepted.
    async fn prove(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        let mut tries = 0..TRIES;
        loop {
            let mut outcome = self.send(attack).await?;
            // A ban would not have accepted it.
            if outcome.is_accepted() {
                return Ok(outcome);
            }
            let control = self.send(&CONTROLS[0]).await?;
            let is_known = outcome.verdict != Verdict::Inconclusive;
            let is_last = control.status.is_none() || tries.next().is_none();
            if control.verdict == Verdict::Ok && (is_known || is_last) {
                return Ok(outcome);
            }
            if is_last {
                outcome.doubt(UNKNOWN);
                self.results.stop = Some(match control.status {
                    None => SILENT,
                    Some(429) => LIMITS,
                    Some(_) => BANS,
                });
                return Ok(outcome);
            }
            time::sleep(self.pause).await;
        }
    }

    async fn send(&mut self, attack: &'static Attack) -> anyhow::Result<Outcome> {
        let forger = Forger::new(&self.postback, self.format, self.invoice_id)?;
        let requests = (attack.plan)(&forger);
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
                Some(0) => "must not have paid",
                _ => "must have paid once",
            };
            let (invoice_id, order_id) = place;
            outcome.note = Some(format!("invoice {invoice_id} {must} order {order_id}"));
        }
        Ok(outcome)
    }
}

/// The first attacks, of which a sound endpoint refuses at least one.
const PROBES: [&str; 3] = ["token-missing", "other-secret", "empty"];
const TRIES: usize = 3;
const UNKNOWN: &str = "genuine postbacks were refused too";
