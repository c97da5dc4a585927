use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use cryptocloud_postback::{SecretKey, SecretKeyError, Verifier, VerifierBuilder};
use zeroize::Zeroizing;

/// Where the secret comes from. Never an argument: every user of the machine can read those.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Secret")]
pub(crate) struct SecretOptions {
    /// Read the SECRET KEY from this file instead of CRYPTOCLOUD_SECRET_KEY
    ///
    /// Without the line break at its end. Repeat it while you rotate secrets: the first one signs,
    /// and tokens of each are accepted where postbacks are verified.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Vec<PathBuf>,

    /// Allow a secret shorter than 32 bytes, which an attacker can guess from one postback
    #[arg(long)]
    pub(crate) allow_short_secret: bool,
}

impl SecretOptions {
    /// Whether a secret is set, valid or not.
    pub(crate) fn is_set(&self) -> bool {
        !self.secret_file.is_empty() || env::var_os(VARIABLE).is_some()
    }

    /// The secret to sign with.
    pub(crate) fn signing(&self) -> anyhow::Result<Secret> {
        Ok(self.first()?.1)
    }

    /// A verifier with all secrets, to be configured further, and the secrets, the first of which
    /// signs: a file that is a pipe can be read only once.
    pub(crate) fn verifier_and_secrets(&self) -> anyhow::Result<(VerifierBuilder, Vec<Secret>)> {
        let (key, secret) = self.first()?;
        let mut builder = Verifier::builder(key);
        let mut secrets = vec![secret];
        for path in self.secret_file.iter().skip(1) {
            let (key, secret) = self.read(path)?;
            builder = builder.also_accept(key);
            secrets.push(secret);
        }
        Ok((builder, secrets))
    }

    fn first(&self) -> anyhow::Result<(SecretKey, Secret)> {
        if let Some(path) = self.secret_file.first() {
            return self.read(path);
        }
        let secret = variable(VARIABLE)?.with_context(|| {
            format!("set {VARIABLE} to the SECRET KEY from your project's settings, or name a file with --secret-file")
        })?;
        self.checked(VARIABLE, secret)
    }

    fn read(&self, path: &Path) -> anyhow::Result<(SecretKey, Secret)> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map(Secret::from);
        let text = text.with_context(|| format!("cannot read the secret in {shown}"))?;
        let text = text.as_str();
        let line = text.strip_suffix("\r\n").or(text.strip_suffix('\n'));
        let line = line.unwrap_or(text);
        self.checked(&shown, line.to_owned().into())
    }

    fn checked(&self, name: &str, secret: Secret) -> anyhow::Result<(SecretKey, Secret)> {
        match SecretKey::new(secret.as_str()) {
            Ok(key) => Ok((key, secret)),
            Err(SecretKeyError::TooShort) if self.allow_short_secret => {
                Ok((SecretKey::allow_short(secret.as_str())?, secret))
            }
            Err(SecretKeyError::TooShort) => bail!(
                "secret in {name} is shorter than 32 bytes: use --allow-short-secret if the vendor issued you only a short one"
            ),
            Err(error) => bail!("no usable secret in {name}: {error}"),
        }
    }
}

/// A secret, or a URL that may hold a password: wiped when dropped and never printed.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

pub(crate) fn api_key() -> anyhow::Result<Option<Secret>> {
    variable("CRYPTOCLOUD_API_KEY")
}

pub(crate) fn variable(name: &str) -> anyhow::Result<Option<Secret>> {
    let value = env::var_os(name).map(|value| value.into_string());
    // The value that is not UTF-8 is a secret.
    let value = value
        .transpose()
        .map_err(|_| anyhow!("{name} is not UTF-8"))?;
    Ok(value.map(Into::into))
}

const VARIABLE: &str = "CRYPTOCLOUD_SECRET_KEY";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        let secret = Secret::from("0123456789abcdef".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
    }
}
