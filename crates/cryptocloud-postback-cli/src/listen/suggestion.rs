use std::{
    env,
    path::{self, PathBuf},
};

use super::curl::quote;
use crate::secret::SecretOptions;

/// A command that sends a postback to this URL and works as it is pasted, if the environment is the same.
pub(super) fn send(url: &str, secret: &SecretOptions) -> String {
    let mut words = Vec::new();
    if !secret.is_set() {
        // No signature is checked, so any secret will do.
        words.push("CRYPTOCLOUD_SECRET_KEY=any-secret-of-32-characters-or-more".to_owned());
    }
    words.push(program().unwrap_or_else(|| "ccpostback".to_owned()));
    words.push(format!("send --url {url}"));
    if let Some(file) = secret
        .secret_file
        .first()
        .and_then(|file| path::absolute(file).ok())
    {
        words.extend(
            file.to_str()
                .and_then(word)
                .map(|file| format!("--secret-file {file}")),
        );
    }
    if secret.allow_short_secret {
        words.push("--allow-short-secret".to_owned());
    }
    words.join(" ")
}

/// The path of this program, unless a shell finds it by name.
fn program() -> Option<String> {
    let name = PathBuf::from(env::args_os().next()?);
    if name.components().count() < 2 {
        return None;
    }
    word(path::absolute(name).ok()?.to_str()?)
}

/// A shell word, in quotes only if it needs them.
fn word(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if text.bytes().all(is_plain) {
        return Some(text.to_owned());
    }
    quote(text)
}
