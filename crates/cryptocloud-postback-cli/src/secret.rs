use std::{
    env, fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use cryptocloud_postback::{SecretKey, SecretKeyError, Verifier, VerifierBuilder};
use zeroize::Zeroizing;

/// Where the secret comes from. Never an argument: every user of the machine can read those.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Secret")]
pub(crate) struct SecretOptions {
    /// Read the SECRET KEY from this file instead of CRYPTOCLOUD_SECRET_KEY, without the line break
    /// at its end
    ///
    /// Repeat it while you rotate secrets: tokens of every secret are accepted, and the first one
    /// signs.
    #[arg(long, value_name = "FILE")]
    secret_file: Vec<PathBuf>,

    /// Allow a secret shorter than 32 bytes, which an attacker can guess from one postback
    #[arg(long)]
    allow_short_secret: bool,
}

impl SecretOptions {
    /// Whether a secret is set, valid or not.
    pub(crate) fn is_set(&self) -> bool {
        !self.secret_file.is_empty() || env::var_os(VARIABLE).is_some()
    }

    /// The file of the secret to sign with, if it comes from one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.secret_file.first().map(PathBuf::as_path)
    }

    pub(crate) fn allows_short(&self) -> bool {
        self.allow_short_secret
    }

    /// The secret to sign with.
    pub(crate) fn signing(&self) -> anyhow::Result<Secret> {
        let (name, secret) = match self.secret_file.first() {
            Some(path) => (path.display().to_string(), read(path)?),
            None => (VARIABLE.to_owned(), from_environment()?),
        };
        self.checked(&name, &secret)?;
        Ok(secret)
    }

    /// A verifier with all secrets, to be configured further.
    pub(crate) fn verifier(&self) -> anyhow::Result<VerifierBuilder> {
        Ok(self.verifier_and_secrets()?.0)
    }

    /// Also returns the secrets, for redaction: a file that is a pipe can be read only once.
    pub(crate) fn verifier_and_secrets(&self) -> anyhow::Result<(VerifierBuilder, Vec<Secret>)> {
        let Some((first, others)) = self.secret_file.split_first() else {
            let secret = from_environment()?;
            let key = self.checked(VARIABLE, &secret)?;
            return Ok((Verifier::builder(key), vec![secret]));
        };
        let mut secrets = Vec::new();
        let mut key = |path: &PathBuf| {
            let secret = read(path)?;
            let key = self.checked(&path.display().to_string(), &secret)?;
            secrets.push(secret);
            anyhow::Ok(key)
        };
        let mut builder = Verifier::builder(key(first)?);
        for path in others {
            builder = builder.also_accept(key(path)?);
        }
        Ok((builder, secrets))
    }

    fn checked(&self, name: &str, secret: &Secret) -> anyhow::Result<SecretKey> {
        let key = if self.allow_short_secret {
            SecretKey::allow_short(secret.as_str())
        } else {
            SecretKey::new(secret.as_str())
        };
        key.map_err(|error| match error {
            SecretKeyError::TooShort => anyhow!(
                "secret in {name} is shorter than 32 bytes: use --allow-short-secret if the vendor issued you only a short one"
            ),
            error => anyhow!("no usable secret in {name}: {error}"),
        })
    }
}

/// A secret to sign with, wiped when dropped and never printed.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// The API KEY of the environment, which must not be blank.
pub(crate) fn api_key() -> anyhow::Result<Option<Secret>> {
    let key = variable(API_KEY)?;
    if key
        .as_ref()
        .is_some_and(|key| key.as_str().trim().is_empty())
    {
        bail!("{API_KEY} is blank");
    }
    Ok(key)
}

fn from_environment() -> anyhow::Result<Secret> {
    variable(VARIABLE)?.with_context(|| {
        format!("set {VARIABLE} to the SECRET KEY from your project's settings, or name a file with --secret-file")
    })
}

fn variable(name: &str) -> anyhow::Result<Option<Secret>> {
    match env::var(name) {
        Ok(secret) => Ok(Some(Secret(Zeroizing::new(secret)))),
        Err(env::VarError::NotPresent) => Ok(None),
        // The cause would quote the secret.
        Err(env::VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}

fn read(path: &Path) -> anyhow::Result<Secret> {
    let shown = path.display();
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .with_context(|| format!("cannot read the secret in {shown}"))?;
    if text.len() as u64 == MAX_BYTES {
        return Err(anyhow!("{shown} is too long for a secret"));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(Secret(Zeroizing::new(line.to_owned())))
}

const API_KEY: &str = "CRYPTOCLOUD_API_KEY";
const VARIABLE: &str = "CRYPTOCLOUD_SECRET_KEY";

/// A file of this size is not a secret; `/dev/zero` would never end.
const MAX_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        let secret = Secret(Zeroizing::new("0123456789abcdef".to_owned()));
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
    }
}
