//! Commands to paste into a shell.

use std::{
    env,
    path::{self, PathBuf},
};

use axum::http::{
    Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT},
};

use super::{app::App, request::Received};
use crate::{output::is_plain, secret::SecretOptions};

/// Sends the same bytes here again.
///
/// `None` if they are not text, or hold a character that would control a terminal when pasted.
pub(super) fn command(request: &Received, app: &App) -> Option<String> {
    if request.method() != Method::POST {
        return None;
    }
    let url = format!("{}{}", app.origin(), request.uri());
    let mut words = vec![
        "curl".to_owned(),
        "-sSi".to_owned(),
        "--globoff".to_owned(),
        url,
    ];
    for name in [CONTENT_TYPE, CONTENT_ENCODING, USER_AGENT] {
        let value = match request.headers().get(&name) {
            Some(value) => value.to_str().ok()?,
            // Without a value, curl sends none of its own.
            None if name == CONTENT_TYPE => "",
            None => continue,
        };
        words.extend(["-H".to_owned(), format!("{name}: {value}")]);
    }
    let body = str::from_utf8(request.body().as_ref().ok()?).ok()?;
    // Not --data-binary, which reads a file if the body starts with @.
    words.extend(["--data-raw".to_owned(), body.to_owned()]);
    // Quotes would break up a secret that has some.
    let words: Vec<String> = words
        .into_iter()
        .map(|word| app.hide_secrets(word))
        .collect();
    let command = shlex::try_join(words.iter().map(String::as_str)).ok()?;
    let is_safe = |c| c == '\n' || is_plain(c);
    command.chars().all(is_safe).then_some(command)
}

/// Sends a new postback to this URL, if the environment is the same as of this process.
pub(super) fn suggestion(url: &str, secret: &SecretOptions) -> String {
    let mut words = vec![
        program(),
        "send".to_owned(),
        "--url".to_owned(),
        url.to_owned(),
    ];
    if let Some(file) = secret.file().and_then(|file| path::absolute(file).ok()) {
        words.extend(["--secret-file".to_owned(), file.display().to_string()]);
    }
    if secret.allows_short() {
        words.push("--allow-short-secret".to_owned());
    }
    let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    if secret.is_set() {
        command
    } else {
        // No signature is checked, so any secret will do.
        format!("CRYPTOCLOUD_SECRET_KEY=any-secret-of-32-characters-or-more {command}")
    }
}

/// This program, as a shell in any folder finds it.
fn program() -> String {
    let program = PathBuf::from(env::args_os().next().unwrap_or_default());
    let has_folder = program.components().count() > 1;
    let absolute = path::absolute(&program).ok().filter(|_| has_folder);
    absolute.unwrap_or(program).display().to_string()
}
