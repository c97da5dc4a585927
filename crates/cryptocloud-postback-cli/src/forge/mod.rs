//! `ccpostback send --forge`: attacks an endpoint and says what that shows.

mod attacks;
mod check;
mod forger;
mod names;
mod outcome;
mod results;
mod session;

use std::{process::ExitCode, time::Duration};

use anyhow::ensure;
use cryptocloud_postback::{Format, InvoiceId};
use reqwest::header::{CONNECTION, HeaderValue};
use secrecy::SecretString;
use tokio::signal;

use crate::{
    client::Client,
    draft::PostbackOptions,
    output::{self, BOLD, DIM, INTERRUPTED},
};
use attacks::{ATTACKS, Attack};
use check::Check;
use names::Names;
use results::Results;
use session::Session;

/// Which attacks to send, and how to see what they do.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Attacks")]
pub(crate) struct ForgeOptions {
    /// Attack the endpoint, with this attack or "all", or "list" the attacks
    ///
    /// Genuine postbacks are sent too, so use it on a test deployment. Each body has a new invoice ID
    /// unless --invoice-id is set, and the order ID from --order-id, or ORDER_93223.
    #[arg(
        long,
        value_name = "ATTACK",
        value_parser = Names(&["all", "list"]),
        hide_possible_values = true,
        conflicts_with_all = [
            "repeat", "concurrency", "scenario", "paid", "status", "set", "expires_in", "body"
        ]
    )]
    pub(crate) forge: Option<String>,

    /// Send only these attacks, or those of a class: bypass, weakness or strictness
    #[arg(
        long,
        value_name = "ATTACKS",
        value_delimiter = ',',
        value_parser = CLASSES,
        hide_possible_values = true,
        requires = "forge"
    )]
    only: Vec<String>,

    /// Leave out these attacks, or those of a class
    #[arg(
        long,
        value_name = "ATTACKS",
        value_delimiter = ',',
        value_parser = CLASSES,
        hide_possible_values = true,
        requires = "forge"
    )]
    skip: Vec<String>,

    /// The page of your shop that shows whether an order is paid, with {order_id} or {invoice_id}
    /// in the URL; it is read before and after each attack whose effect counts
    #[arg(long, value_name = "URL", requires_all = ["forge", "check_text"])]
    check_url: Option<String>,

    /// What that page says once for each payment, such as Paid
    #[arg(long, value_name = "TEXT", requires = "check_url")]
    check_text: Option<String>,

    /// Seconds to wait before the page is read again, and before sending again after a 429
    #[arg(long, value_name = "SECONDS", default_value_t = 2, requires = "forge")]
    pause: u64,
}

impl ForgeOptions {
    /// The attacks that are asked for.
    fn attacks(&self) -> Vec<&'static Attack> {
        let names = |list: &[String], attack: &Attack| {
            let names = [attack.name, &attack.class.to_string()];
            list.iter().any(|name| names.contains(&name.as_str()))
        };
        let is_asked_for = |attack: &&Attack| {
            let kind = self.forge.as_deref();
            (matches!(kind, Some("all" | "list")) || kind == Some(attack.name))
                && (self.only.is_empty() || names(&self.only, attack))
                && !names(&self.skip, attack)
        };
        ATTACKS.iter().filter(is_asked_for).collect()
    }

    /// Prints the list of attacks.
    pub(crate) fn list(&self, json: bool) -> anyhow::Result<ExitCode> {
        let attacks = self.attacks();
        output::print_result(json, &attacks, || {
            let row = |it: &&Attack| {
                let name = format!("{BOLD}{:<22}{BOLD:#}", it.name);
                format!("{name}{:<12}{}\n", it.class, it.description)
            };
            let head = format!("{DIM}{:<22}{:<12}description{DIM:#}\n", "attack", "class");
            head + &attacks.iter().map(row).collect::<String>()
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Attacks the endpoint.
    pub(crate) async fn run(
        self,
        postback: &PostbackOptions,
        secret: &SecretString,
        mut client: Client,
        timeout: Duration,
        json: bool,
    ) -> anyhow::Result<ExitCode> {
        let attacks = self.attacks();
        let count = attacks.len();
        // An endpoint may close a connection after an attack, so none is used again.
        let close = HeaderValue::from_static("close");
        client.headers.insert(CONNECTION, close);
        ensure!(count > 0, "no attack is left: see --forge list");
        let check = self.check_url.zip(self.check_text);
        let check = check.map(|(url, text)| Check::new(url, text, timeout));
        // Receivers that require an order would refuse for the wrong reason.
        let order_id = postback.order_id.as_deref().unwrap_or("ORDER_93223");
        let mut session = Session {
            check: check.transpose()?,
            client: &client,
            format: postback.format.unwrap_or(Format::Json),
            invoice_id: postback.invoice_id.as_ref().map(InvoiceId::as_str),
            order_id,
            pause: Duration::from_secs(self.pause),
            postback: postback.builder(secret).order_id(order_id),
            results: Results::default(),
        };
        session.results.json = json;
        let interrupted = tokio::select! {
            result = session.run(attacks) => result.map(|()| false)?,
            result = signal::ctrl_c() => result.map(|()| true)?,
        };
        if interrupted {
            session.results.stop = Some("Interrupted.");
        }
        let code = u8::from(!session.results.finish(count)?);
        Ok(ExitCode::from(if interrupted { INTERRUPTED } else { code }))
    }
}

const CLASSES: Names = Names(&["bypass", "weakness", "strictness"]);
