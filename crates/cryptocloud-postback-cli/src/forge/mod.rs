//! Attacks on an endpoint, and whether it refuses them.

mod attack;
mod claims;
mod control;
mod fields;
mod outcome;
mod request;
mod table;
mod token;

use std::process::ExitCode;

use anyhow::{Context, bail};
use cryptocloud_postback::{Format, testing::PostbackBuilder};

use crate::{client::Client, draft::PostbackOptions, output, secret::Secret};
use attack::{Attack, Forger};
use claims::CLAIMS;
use fields::BODY;
use outcome::{Outcome, Results};
use request::REQUEST;
use token::TOKEN;

/// Prints all attacks.
pub(crate) fn list(json: bool) -> anyhow::Result<ExitCode> {
    output::print(&match json {
        true => output::json(&Attack::all().collect::<Vec<_>>())?,
        false => table::list(),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Sends one attack, or genuine controls and then all.
pub(crate) async fn run(
    kind: &str,
    options: &PostbackOptions,
    secret: &Secret,
    client: &Client,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let builder = options.builder(secret);
    let builder = match options.order_id {
        Some(_) => builder,
        // Receivers that require one would refuse for the wrong reason.
        None => builder.order_id("ORDER_93223"),
    };
    let results = match kind {
        "all" => all(options.format.map(Into::into), &builder, client).await?,
        name => {
            let attack = Attack::all()
                .find(|attack| attack.name == name)
                .with_context(|| format!("no attack is called {name}: see --forge list"))?;
            let format = options.format.map_or(Format::Json, Into::into);
            let outcome = send(attack, &builder, format, client).await?;
            if let Some(reason) = outcome.unreachable() {
                bail!("{}: {reason}", client.url());
            }
            Results::new(Vec::new(), vec![outcome])
        }
    };
    output::print(&match json {
        true => output::json(&results)?,
        false => table::text(&results),
    })?;
    Ok(ExitCode::from(u8::from(!results.is_right())))
}

async fn all(
    format: Option<Format>,
    builder: &PostbackBuilder,
    client: &Client,
) -> anyhow::Result<Results> {
    let formats = match format {
        Some(format) => vec![format],
        None => vec![Format::Json, Format::Form],
    };
    let mut controls = Vec::new();
    let mut accepted = None;
    for format in formats {
        for control in control::controls(format) {
            let outcome = send(control, builder, format, client).await?;
            if let Some(reason) = outcome.unreachable() {
                bail!("{}: {reason}", client.url());
            }
            if accepted.is_none() && outcome.is_right() {
                accepted = Some(format);
            }
            controls.push(outcome);
        }
    }
    let mut attacks = Vec::new();
    // An endpoint that refuses the genuine ones proves nothing by refusing the others.
    if let Some(format) = accepted {
        for attack in Attack::all() {
            attacks.push(send(attack, builder, format, client).await?);
        }
    }
    Ok(Results::new(controls, attacks))
}

async fn send(
    attack: &'static Attack,
    builder: &PostbackBuilder,
    format: Format,
    client: &Client,
) -> anyhow::Result<Outcome> {
    let request = (attack.forge)(&Forger::new(builder, format)?);
    Ok(Outcome::new(attack, client.send(request).await))
}
