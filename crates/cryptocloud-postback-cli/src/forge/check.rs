use std::time::Duration;

use anyhow::{Context, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{StatusCode, Url};

use super::outcome::{Outcome, Verdict};
use crate::client;

/// A page of the shop that shows payments.
#[derive(Debug)]
pub(super) struct Check {
    client: reqwest::Client,
    /// Whether it has shown a payment; it may not show that the same order is paid again.
    pub(super) has_shown: bool,
    template: String,
    text: String,
}

/// An invoice and an order.
type Place<'a> = (&'a str, &'a str);

impl Check {
    pub(super) fn new(template: String, text: String, timeout: Duration) -> anyhow::Result<Self> {
        ensure!(
            template.contains("{order_id}") || template.contains("{invoice_id}"),
            "--check-url needs {{order_id}} or {{invoice_id}}"
        );
        let url = filled(&template, ("x", "x"))?;
        Ok(Self {
            client: client::builder(&url, timeout).build()?,
            has_shown: false,
            template,
            text,
        })
    }

    /// How often the text is on the page of this invoice and order.
    pub(super) async fn count(&self, place: Place<'_>) -> anyhow::Result<usize> {
        let url = filled(&self.template, place)?;
        let response = self.client.get(url).send().await?;
        // An order without a payment may have no page.
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(0);
        }
        let text = response.error_for_status()?.text().await?;
        Ok(text.matches(&self.text).count())
    }

    /// Judges a postback by how many payments it has added.
    pub(super) async fn judge(
        &mut self,
        outcome: &mut Outcome,
        before: anyhow::Result<usize>,
        place: Place<'_>,
    ) {
        let (before, after) = match (before, self.count(place).await) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(error), _) | (_, Err(error)) => return outcome.doubt(format!("{error:#}")),
        };
        let added = after.saturating_sub(before);
        self.has_shown |= before > 0;
        match outcome.attack.payments {
            Some(due) if added > due => outcome.verdict = outcome.attack.class,
            Some(due) if added < due || due == 0 && self.has_shown => {}
            _ if outcome.verdict == Verdict::Review => outcome.verdict = Verdict::Ok,
            _ => {}
        }
        self.has_shown |= added > 0;
    }
}

fn filled(template: &str, (invoice_id, order_id): Place<'_>) -> anyhow::Result<Url> {
    let encoded = |id| utf8_percent_encode(id, NON_ALPHANUMERIC).to_string();
    let url = template.replace("{invoice_id}", &encoded(invoice_id));
    let url = url.replace("{order_id}", &encoded(order_id));
    client::url(&url).context("--check-url is not a URL")
}
