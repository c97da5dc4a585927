use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{StatusCode, Url};

use super::{attack::Finding, outcome::Outcome};
use crate::client;

/// A page of the shop that shows payments.
#[derive(Debug)]
pub(super) struct Check {
    client: reqwest::Client,
    /// Whether all postbacks are for one invoice.
    has_one_invoice: bool,
    /// Whether that invoice is paid, so that the page cannot show that it is paid again.
    is_paid: bool,
    /// Whether it has shown a genuine one.
    pub(super) shows_payments: bool,
    template: String,
    text: String,
}

impl Check {
    pub(super) fn new(
        (template, text): (String, String),
        has_one_invoice: bool,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        ensure!(
            template.contains("{order_id}") || template.contains("{invoice_id}"),
            "--check-url needs {{order_id}} or {{invoice_id}}"
        );
        let url = filled(&template, ("x", "x"))?;
        Ok(Self {
            client: client::builder(&url, timeout).build()?,
            has_one_invoice,
            is_paid: false,
            shows_payments: false,
            template,
            text,
        })
    }

    /// Looks whether the only invoice was paid before.
    pub(super) async fn look_ahead(&mut self, place: Place<'_>) {
        self.is_paid = self.count(place).await.is_ok_and(|count| count > 0);
        self.shows_payments = self.is_paid;
    }

    /// How many payments the shop shows, if the effect of a postback counts.
    pub(super) async fn before(
        &self,
        finding: Finding,
        place: Place<'_>,
    ) -> Option<anyhow::Result<usize>> {
        let is_watched = match finding {
            // Once is enough to know that the page shows payments.
            Finding::Genuine => !self.shows_payments,
            Finding::Repeated | Finding::Reported => true,
            _ => false,
        };
        if is_watched {
            Some(self.count(place).await)
        } else {
            None
        }
    }

    /// Judges a postback by how many payments it has added.
    pub(super) async fn judge(
        &mut self,
        outcome: Outcome,
        before: anyhow::Result<usize>,
        place: Place<'_>,
    ) -> Outcome {
        let after = self.count(place).await;
        let payments = match before.and_then(|before| Ok(after?.saturating_sub(before))) {
            Ok(payments) => payments,
            Err(error) => return outcome.inconclusive(&format!("{error:#}")),
        };
        self.shows_payments |= payments > 0;
        // The first one is genuine, so a page that does not show it shows no second.
        let could_show = !self.is_paid && outcome.attack.finding != Finding::Repeated;
        self.is_paid |= self.has_one_invoice && payments > 0;
        if could_show || payments > 0 {
            outcome.with_payments(payments)
        } else {
            outcome.looked_at(place)
        }
    }

    /// How often the text is on the page of this invoice and order.
    async fn count(&self, place: Place<'_>) -> anyhow::Result<usize> {
        let url = filled(&self.template, place)?;
        let response = self.client.get(url).send().await?;
        // An order without a payment may have no page.
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(0);
        }
        let text = response.error_for_status()?.text().await?;
        Ok(text.matches(&self.text).count())
    }
}

fn filled(template: &str, (invoice_id, order_id): Place<'_>) -> anyhow::Result<Url> {
    let encoded = |id: &str| serde_urlencoded::to_string([("", id)]).unwrap_or_default();
    let url = template
        .replace("{invoice_id}", encoded(invoice_id).trim_start_matches('='))
        .replace("{order_id}", encoded(order_id).trim_start_matches('='));
    client::url(&url).context("--check-url is not a URL")
}

/// An invoice and an order.
type Place<'a> = (&'a str, &'a str);
