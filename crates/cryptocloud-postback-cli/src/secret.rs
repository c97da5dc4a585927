use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use cryptocloud_postback::{SecretKey, SecretKeyError, Verifier, VerifierBuilder};
use secrecy::{ExposeSecret, SecretString};

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
    pub(crate) fn signing(&self) -> anyhow::Result<SecretString> {
        Ok(self.first()?.1)
    }

    /// A verifier with all secrets, to be configured further, and the secrets, the first of which
    /// signs: a file that is a pipe can be read only once.
    pub(crate) fn verifier_and_secrets(
        &self,
    ) -> anyhow::Result<(VerifierBuilder, Vec<SecretString>)> {
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

    fn first(&self) -> anyhow::Result<(SecretKey, SecretString)> {
        if let Some(path) = self.secret_file.first() {
            return self.read(path);
        }
        let secret = variable(VARIABLE)?.with_context(|| {
            format!("set {VARIABLE} to the SECRET KEY from your project's settings, or name a file with --secret-file")
        })?;
        self.checked(VARIABLE, secret)
    }

    fn read(&self, path: &Path) -> anyhow::Result<(SecretKey, SecretString)> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map(SecretString::from);
        let text = text.with_context(|| format!("cannot read the secret in {shown}"))?;
        let text = text.expose_secret();
        let line = text.strip_suffix("\r\n").or(text.strip_suffix('\n'));
        let line = line.unwrap_or(text);
        self.checked(&shown, line.to_owned().into())
    }

    fn checked(
        &self,
        name: &str,
        secret: SecretString,
    ) -> anyhow::Result<(SecretKey, SecretString)> {
        match SecretKey::new(secret.expose_secret()) {
            Ok(key) => Ok((key, secret)),
            Err(SecretKeyError::TooShort) if self.allow_short_secret => {
                Ok((SecretKey::allow_short(secret.expose_secret())?, secret))
            }
            Err(SecretKeyError::TooShort) => bail!(
                "secret in {name} is shorter than 32 bytes: use --allow-short-secret if the vendor issued you only a short one"
            ),
            Err(error) => bail!("no usable secret in {name}: {error}"),
        }
    }
}

pub(crate) fn variable(name: &str) -> anyhow::Result<Option<SecretString>> {
    let value = env::var_os(name).map(|value| value.into_string());
    // The value that is not UTF-8 is a secret.
    let value = value
        .transpose()
        .map_err(|_| anyhow!("{name} is not UTF-8"))?;
    Ok(value.map(Into::into))
}

const VARIABLE: &str = "CRYPTOCLOUD_SECRET_KEY";
