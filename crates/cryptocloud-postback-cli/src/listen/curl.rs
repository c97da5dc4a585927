//! Commands to paste into a shell.

use std::{
    env,
    path::{self, PathBuf},
};

use axum::http::Method;

use super::{app::App, request::Received};
use crate::{output::is_plain, secret::SecretOptions};

/// Sends the same bytes here again.
///
/// `None` if they are not text, or hold a character that would control a terminal when pasted.
pub(super) fn command(request: &Received, app: &App) -> Option<String> {
    if request.method() != Method::POST {
        return None;
    }
    // Hidden first, since the quotes of a shell would break up a secret that has some.
    let hidden = |word: &str| quote(&app.hide_secrets(word.to_owned()));
    let url = format!("{}{}", app.origin(), request.uri());
    let mut command = format!("curl -sSi --globoff {}", hidden(&url)?);
    for name in ["content-type", "content-encoding", "user-agent"] {
        let value = match request.headers().get(name) {
            Some(value) => value.to_str().ok()?,
            // Without a value, curl sends none of its own.
            None if name == "content-type" => "",
            None => continue,
        };
        command += &format!(" -H {}", hidden(&format!("{name}: {value}"))?);
    }
    let body = str::from_utf8(request.body().as_ref().ok()?).ok()?;
    // Not --data-binary, which reads a file if the body starts with @.
    command += &format!(" --data-raw {}", hidden(body)?);
    let is_safe = |c| c == '\n' || is_plain(c);
    command.chars().all(is_safe).then_some(command)
}

/// Sends a new postback to this URL, if the environment is the same as of this process.
///
/// `None` if a path is not UTF-8.
pub(super) fn suggestion(url: &str, secret: &SecretOptions) -> Option<String> {
    let program = PathBuf::from(env::args_os().next()?);
    // A name without a folder is found by every shell.
    let program = if program.components().count() > 1 {
        path::absolute(program).ok()?
    } else {
        program
    };
    let mut command = format!("{} send --url {url}", quote(program.to_str()?)?);
    if let Some(file) = secret.secret_file.first() {
        let file = path::absolute(file).ok()?;
        command += &format!(" --secret-file {}", quote(file.to_str()?)?);
    }
    if secret.allow_short_secret {
        command += " --allow-short-secret";
    }
    if !secret.is_set() {
        // No signature is checked, so any secret will do.
        command = format!("CRYPTOCLOUD_SECRET_KEY=any-secret-of-32-characters-or-more {command}");
    }
    Some(command)
}

/// `None` if the word has a null character, which no argument can hold.
fn quote(word: &str) -> Option<String> {
    Some(shlex::try_quote(word).ok()?.into_owned())
}
