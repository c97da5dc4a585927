use std::{path::Path, process::ExitCode};

use anyhow::{Context, bail};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::once;
use crate::{
    client::Client,
    draft::{MAX_BYTES, PostbackOptions},
    input,
    saved::Saved,
    secret::Secret,
};

/// One postback, or an export of several.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Many(Vec<Saved>),
    One(Saved),
}

/// Sends each of the saved postbacks, the oldest first.
pub(super) async fn run(
    path: &Path,
    client: &Client,
    headers: &[(HeaderName, HeaderValue)],
    (postback, secret): (&PostbackOptions, &Secret),
    json: bool,
) -> anyhow::Result<ExitCode> {
    let file = input::read(path, MAX_BYTES)?;
    // The cause would quote a part of it.
    let file = serde_json::from_slice(&file).ok();
    let saved =
        match file.with_context(|| format!("{} was not saved by `listen`", path.display()))? {
            File::Many(saved) if saved.is_empty() => bail!("{} has no postback", path.display()),
            File::Many(saved) => saved,
            File::One(saved) => vec![saved],
        };
    let mut code = ExitCode::SUCCESS;
    for saved in saved {
        let mut client = client.clone();
        client.headers = replayed(&saved);
        for (name, _) in headers {
            client.headers.remove(name);
        }
        client.headers.extend(headers.iter().cloned());
        let content_type = client.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let draft = postback.draft_of(secret, Some(saved.body.clone()), content_type)?;
        let mut request = draft.request()?;
        request.method = saved.method.parse()?;
        let sent = once::run(&client, request, &draft, json).await?;
        if sent != ExitCode::SUCCESS {
            code = sent;
        }
    }
    Ok(code)
}

/// The saved headers, except those of the connection.
fn replayed(saved: &Saved) -> HeaderMap {
    const CONNECTION: [&str; 5] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "transfer-encoding",
    ];
    let headers = saved.headers.iter();
    let headers = headers.filter(|(name, _)| !CONNECTION.contains(&name.as_str()));
    headers
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect::<Vec<(HeaderName, HeaderValue)>>()
        .into_iter()
        .collect()
}
