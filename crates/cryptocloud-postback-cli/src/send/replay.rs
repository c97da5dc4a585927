use std::{path::Path, process::ExitCode};

use anyhow::{bail, ensure};
use bytes::Bytes;
use cryptocloud_postback::{Check, RequestHead, SecretKey, Verifier};
use secrecy::{ExposeSecret, SecretString};

use super::once;
use crate::{client::Client, draft::PostbackOptions, input, output, saved::Saved, verify};

/// Sends each of the saved postbacks with a new token, the oldest first.
pub(super) async fn run(
    path: &Path,
    client: &Client,
    postback: &PostbackOptions,
    secret: &SecretString,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let file = input::read(path)?;
    let saved = serde_json::from_slice::<Vec<Saved>>(&file);
    let saved = saved.or_else(|_| serde_json::from_slice(&file).map(|one| vec![one]));
    // The cause would quote a part of the file.
    let Ok(saved) = saved else {
        bail!("{} was not saved by `listen`", path.display());
    };
    ensure!(!saved.is_empty(), "{} has no postback", path.display());
    let mut code = ExitCode::SUCCESS;
    for saved in saved {
        let body = saved.body.bytes()?;
        warn_if_forged(&body, &saved.received_at, secret)?;
        let draft = postback.draft(secret, Some(body))?;
        let sent = once::run(client, &draft, json).await?;
        if sent != ExitCode::SUCCESS {
            code = sent;
        }
    }
    Ok(code)
}

/// With its new token, a receiver will accept what it refused before.
fn warn_if_forged(body: &Bytes, received_at: &str, secret: &SecretString) -> anyhow::Result<()> {
    // The length was checked when the secret was read.
    let key = SecretKey::allow_short(secret.expose_secret())?;
    let verifier = Verifier::builder(key).accept_any_status(true).build()?;
    let head = RequestHead::from_content_type(None);
    let verified = verifier.verify_at(head, body.clone(), verify::time(received_at)?);
    if let Err(error) = verified
        && error.kind().failed_check() >= Some(Check::Token)
    {
        output::print_error(format_args!(
            "warning: the saved postback was not genuine ({error}), but with its new token it is"
        ));
    }
    Ok(())
}
