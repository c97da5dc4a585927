//! `ccpostback send --forge`: attacks an endpoint and checks that it refuses every attack.

mod attack;
mod attacks;
mod body;
mod claims;
mod controls;
mod forger;
mod outcome;
mod request;
mod table;
mod token;

use std::process::ExitCode;

use anyhow::{Context, bail};
use cryptocloud_postback::{Format, testing::PostbackBuilder};

use crate::{client::Client, draft::PostbackOptions, output, secret::Secret};
use attack::Attack;
use attacks::attacks;
use forger::Forger;
use outcome::{Outcome, Results};

/// Prints the list of attacks.
pub(crate) fn list(json: bool) -> anyhow::Result<ExitCode> {
    let attacks: Vec<_> = attacks().collect();
    output::print_result(json, &attacks, table::list)?;
    Ok(ExitCode::SUCCESS)
}

/// Sends one attack, or genuine controls and then every attack.
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
        // Receivers that require an order would refuse for the wrong reason.
        None => builder.order_id("ORDER_93223"),
    };
    let results = match kind {
        "all" => all(options.format, &builder, client).await?,
        name => {
            let attack = attacks()
                .find(|attack| attack.name == name)
                .with_context(|| format!("unknown attack {name}: see --forge list"))?;
            let format = options.format.unwrap_or(Format::Json);
            let outcome = send(attack, &builder, format, client).await?;
            if let Some(reason) = outcome.unreachable() {
                bail!("{}: {reason}", client.url());
            }
            Results::new(Vec::new(), vec![outcome])
        }
    };
    output::print_result(json, &results, || table::text(&results))?;
    Ok(ExitCode::from(u8::from(!results.is_ok())))
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
        for control in controls::controls(format) {
            let outcome = send(control, builder, format, client).await?;
            if let Some(reason) = outcome.unreachable() {
                bail!("{}: {reason}", client.url());
            }
            if accepted.is_none() && outcome.is_ok() {
                accepted = Some(format);
            }
            controls.push(outcome);
        }
    }
    let format = accepted.or(format).unwrap_or(Format::Json);
    let mut outcomes = Vec::new();
    for attack in attacks() {
        outcomes.push(send(attack, builder, format, client).await?);
    }
    Ok(Results::new(controls, outcomes))
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

#[cfg(test)]
mod tests {
    use cryptocloud_postback::{Error, ErrorKind, RequestHead, SecretKey, Verified, Verifier};

    use super::*;
    use crate::client::{Body, Request};
    use attack::Expected;

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
    fn forge(attack: &Attack, format: Format) -> Result<(), ErrorKind> {
        let builder = PostbackBuilder::new(SECRET).order_id("ORDER_93223");
        let forger = Forger::new(&builder, format).expect("a clock");
        let result = verify(&(attack.forge)(&forger));
        result.map(|_| ()).map_err(|error| error.kind())
    }

    #[test]
    fn each_attack_is_refused_for_its_own_reason() {
        for attack in attacks() {
            let expected = match attack.expected {
                Expected::Refuse(kind) => Err(kind),
                Expected::Accept | Expected::Review => Ok(()),
            };
            assert_eq!(forge(attack, Format::Json), expected, "{}", attack.name);
            // A form spells null and numbers differently, so the kind may differ, but not the status.
            let status =
                |result: Result<_, ErrorKind>| result.map_err(|kind| kind.response().status());
            assert_eq!(
                status(forge(attack, Format::Form)),
                status(expected),
                "{} as a form",
                attack.name
            );
        }
    }

    #[test]
    fn controls_are_genuine() {
        for format in [Format::Form, Format::Json] {
            for control in controls::controls(format) {
                assert_eq!(forge(control, format), Ok(()), "{}", control.name);
            }
        }
    }

    #[test]
    fn names_are_unique_and_rows_fit_80_columns() {
        for attack in attacks() {
            assert!(attack.name.len() <= 21, "{}", attack.name);
            assert!(attack.description.len() <= 42, "{}", attack.description);
        }
        let mut names: Vec<_> = attacks().map(|attack| attack.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
