use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{StatusCode, Url};

use crate::client;

/// A page of the shop that shows payments.
#[derive(Debug)]
pub(super) struct Check {
    client: reqwest::Client,
    /// Whether it has shown a genuine one.
    pub(super) shows_payments: bool,
    template: String,
    text: String,
}

impl Check {
    pub(super) fn new(template: String, text: String, timeout: Duration) -> anyhow::Result<Self> {
        ensure!(
            template.contains("{order_id}") || template.contains("{invoice_id}"),
            "--check-url needs {{order_id}} or {{invoice_id}}"
        );
        let url = filled(&template, ("x", "x"))?;
        Ok(Self {
            client: client::builder(&url, timeout).build()?,
            shows_payments: false,
            template,
            text,
        })
    }

    /// How often the text is on the page of this invoice and order.
    pub(super) async fn count(&self, place: (&str, &str)) -> anyhow::Result<usize> {
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

fn filled(template: &str, (invoice_id, order_id): (&str, &str)) -> anyhow::Result<Url> {
    let encoded = |id: &str| serde_urlencoded::to_string([("", id)]).unwrap_or_default();
    let url = template
        .replace("{invoice_id}", encoded(invoice_id).trim_start_matches('='))
        .replace("{order_id}", encoded(order_id).trim_start_matches('='));
    client::url(&url).context("--check-url is not a URL")
}
