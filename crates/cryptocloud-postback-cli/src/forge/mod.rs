//! `ccpostback send --forge`: attacks an endpoint and says what that shows.

mod attack;
mod attacks;
mod check;
mod forger;
mod names;
mod outcome;
mod results;
mod session;
mod table;

use std::{process::ExitCode, time::Duration};

use anyhow::bail;
use cryptocloud_postback::Format;
use tokio::signal;

use crate::{client::Client, draft::PostbackOptions, output, secret::Secret};
use attack::Attack;
use attacks::ATTACKS;
use check::Check;
use names::names;
use results::{Results, Stop};
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
        value_parser = names(&["all", "list"]),
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
        value_parser = names(CLASSES),
        hide_possible_values = true,
        requires = "forge"
    )]
    only: Vec<String>,

    /// Leave out these attacks, or those of a class
    #[arg(
        long,
        value_name = "ATTACKS",
        value_delimiter = ',',
        value_parser = names(CLASSES),
        hide_possible_values = true,
        requires = "forge"
    )]
    skip: Vec<String>,

    /// Check this page of your shop after each attack, with {order_id} or {invoice_id} in
    /// the URL
    #[arg(
        long,
        value_name = "URL",
        requires_all = ["forge", "check_text"]
    )]
    check_url: Option<String>,

    /// The text that is on the page once for each payment
    #[arg(long, value_name = "TEXT", requires = "check_url")]
    check_text: Option<String>,

    /// How long to wait before the page is read, and before what is inconclusive is sent again
    #[arg(long, value_name = "SECONDS", default_value_t = 2, requires = "forge")]
    pause: u64,
}

impl ForgeOptions {
    /// The attacks that are asked for.
    fn attacks(&self) -> Vec<&'static Attack> {
        let names = |list: &[String], attack: &Attack| {
            let class = attack.finding.class().name();
            list.iter().any(|name| name == attack.name || name == class)
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
        output::print_result(json, &attacks, || table::list(&attacks))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Attacks the endpoint.
    pub(crate) async fn run(
        self,
        postback: &PostbackOptions,
        secret: &Secret,
        client: &Client,
        timeout: Duration,
        json: bool,
    ) -> anyhow::Result<ExitCode> {
        let attacks = self.attacks();
        if attacks.is_empty() {
            bail!("no attack is left: see --forge list");
        }
        // Receivers that require an order would refuse for the wrong reason.
        let order_id = postback.order_id.as_deref().unwrap_or("ORDER_93223");
        let check = match (self.check_url, self.check_text) {
            (Some(url), Some(text)) => {
                let has_one_invoice = postback.invoice_id.is_some();
                Some(Check::new((url, text), has_one_invoice, timeout)?)
            }
            _ => None,
        };
        let formats = match postback.format {
            Some(format) => vec![format],
            None => vec![Format::Json, Format::Form],
        };
        let mut results = Results::new(json);
        let mut session = Session {
            builder: postback.builder(secret).order_id(order_id),
            check,
            client,
            format: postback.format.unwrap_or(Format::Json),
            invoice_id: postback.invoice_id.as_ref().map(ToString::to_string),
            order_id: order_id.to_owned(),
            pause: Duration::from_secs(self.pause),
            results: &mut results,
        };
        let interrupted = tokio::select! {
            result = session.run(attacks, &formats) => result.map(|()| false)?,
            result = signal::ctrl_c() => result.map(|()| true)?,
        };
        if interrupted {
            results.settle_as("interrupted before the next genuine postback")?;
            results.stop = Some(Stop::Interrupted);
        }
        let summary = results.summary();
        output::print_result(json, &summary, || table::text(&summary))?;
        Ok(if interrupted {
            ExitCode::from(output::INTERRUPTED)
        } else {
            ExitCode::from(u8::from(!results.passed()))
        })
    }
}

const CLASSES: &[&str] = &["bypass", "weakness", "strictness"];

#[cfg(test)]
mod tests {
    use cryptocloud_postback::{
        Error, ErrorKind, RequestHead, SecretKey, Verified, Verifier, testing::PostbackBuilder,
    };

    use super::*;
    use crate::client::{Body, Request};
    use attack::Plan;
    use attacks::CONTROLS;
    use forger::Forger;

    const SECRET: &str = "not-a-real-key-only-for-these-tests";

    /// Verifies a request as our adapters do.
    fn verify(request: &Request) -> Result<Verified, Error> {
        let body = match &request.body {
            Body::Chunked(first, chunk, count) => {
                [&first[..], &chunk.repeat(*count)].concat().into()
            }
            Body::Whole(body) => body.clone(),
        };
        let mut headers = vec![("content-type", request.content_type.as_bytes())];
        if let Some(encoding) = request.content_encoding {
            headers.push(("content-encoding", encoding.as_bytes()));
        }
        let head = RequestHead::check(request.method.as_str(), headers)?;
        let secret = SecretKey::new(SECRET).expect("a secret");
        let verifier = Verifier::new(secret).expect("a verifier");
        verifier.verify(head, body)
    }

    #[track_caller]
    fn check(attack: &Attack, format: Format) {
        let builder = PostbackBuilder::new(SECRET).order_id("ORDER_93223");
        let forger = Forger::new(&builder, format, None).expect("a clock");
        let requests = match (attack.plan)(&forger) {
            Plan::AtOnce(requests) => requests,
            Plan::One(request) => vec![request],
            Plan::Two(first, second) => vec![first, second],
        };
        for request in requests {
            let kind = verify(&request).err().map(|error| error.kind());
            if format == Format::Json {
                assert_eq!(kind, attack.expected, "{}", attack.name);
            }
            // A form spells null and numbers differently, so the kind may differ, but not the status.
            let status = |kind: Option<ErrorKind>| kind.map(|kind| kind.response().status());
            assert_eq!(
                status(kind),
                status(attack.expected),
                "{} as {format}",
                attack.name
            );
        }
    }

    #[test]
    fn each_attack_is_refused_for_its_own_reason() {
        for attack in ATTACKS.iter().chain(CONTROLS) {
            check(attack, Format::Json);
            check(attack, Format::Form);
        }
    }

    #[test]
    fn names_are_unique_and_rows_fit_80_columns() {
        let mut names = CLASSES.to_vec();
        for attack in ATTACKS.iter().chain(CONTROLS) {
            assert!(attack.name.len() <= 21, "{}", attack.name);
            assert!(attack.description.len() <= 41, "{}", attack.description);
            assert!(!names.contains(&attack.name), "{}", attack.name);
            names.push(attack.name);
        }
    }
}
