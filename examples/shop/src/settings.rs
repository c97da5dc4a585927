use std::{
    env,
    fmt::Display,
    io::{self, Write},
    net::TcpListener,
    path::PathBuf,
    time::Duration,
};

use cryptocloud_postback::{SecretKey, Verifier};

use crate::{Backend, Postbacks, Vendor, vendor};

/// The settings of both shops, from the environment.
#[derive(Debug)]
pub struct Settings {
    /// The time between two looks for payments whose postback never came.
    pub interval: Duration,
    /// Bound to `LISTEN_ADDR`, and non-blocking.
    pub listener: TcpListener,
    /// Verifies postbacks.
    pub secrets: Secrets,
    /// Creates invoices and confirms payments. `None` without the API KEY of one project.
    pub vendor: Option<Vendor>,
}

/// Verifies the postbacks of one project or of many.
#[derive(Clone, Debug)]
pub enum Secrets {
    /// From `CRYPTOCLOUD_SECRET_KEY`.
    One(Verifier),
    /// The `PROJECTS_FILE`.
    Many(PathBuf),
}

impl Settings {
    /// Reads all of them, and binds the listener.
    ///
    /// # Errors
    ///
    /// Returns an error that names the setting, never with its value, if one is missing, cannot be
    /// used, or contradicts another.
    pub fn from_env() -> Result<Self, String> {
        let secrets = Secrets::from_env()?;
        let (interval, vendor) = (vendor::interval()?, Vendor::from_env()?);
        if vendor.is_some() && matches!(secrets, Secrets::Many(_)) {
            return Err(KEY_OF_ONE.to_owned());
        }
        let address = setting("LISTEN_ADDR", Ok::<_, String>)?;
        let address = address.unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let listener = TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        let listener = listener.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => {
                "LISTEN_ADDR: not an address and a port, such as 127.0.0.1:3000".to_owned()
            }
            _ => format!("LISTEN_ADDR: {error}"),
        });
        Ok(Self {
            interval,
            listener: listener?,
            secrets,
            vendor,
        })
    }

    /// Starts the inboxes, and prints where postbacks arrive.
    ///
    /// # Errors
    ///
    /// Returns an error if an inbox cannot be started or the file of the projects cannot be used.
    pub async fn postbacks(&self, shop: &impl Backend) -> Result<Postbacks, String> {
        let postbacks = Postbacks::open(self, shop).await?;
        let printed = self.listener.local_addr().and_then(|address| {
            let path = postbacks.path();
            writeln!(io::stdout(), "listening on http://{address}{path}")
        });
        printed.map_err(|error| error.to_string())?;
        Ok(postbacks)
    }
}

impl Secrets {
    fn from_env() -> Result<Self, String> {
        let name = "CRYPTOCLOUD_SECRET_KEY";
        let secret = setting(name, SecretKey::new)?;
        let file = setting("PROJECTS_FILE", Ok::<_, String>)?;
        match (secret, file) {
            (Some(secret), None) => {
                let verifier = Verifier::builder(secret).project(PROJECT).build();
                let verifier = verifier.map_err(|error| format!("{name}: {error}"))?;
                Ok(Self::One(verifier))
            }
            (None, Some(file)) => Ok(Self::Many(file.into())),
            (None, None) => Err(format!(
                "set {name} to the SECRET KEY of your project's settings, or PROJECTS_FILE to a \
                 file with several projects"
            )),
            (Some(_), Some(_)) => Err(format!("PROJECTS_FILE: unset {name}, or this one")),
        }
    }
}

/// An error names the setting, and never holds its value.
pub(crate) fn setting<T, E: Display>(
    name: &str,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Result<Option<T>, String> {
    let Some(value) = env::var_os(name) else {
        return Ok(None);
    };
    let value = value
        .into_string()
        .map_err(|_| format!("{name}: not UTF-8"))?;
    let parsed = parse(value).map_err(|error| format!("{name}: {error}"))?;
    Ok(Some(parsed))
}

/// The inbox's name for the project of the one secret. Never change it, or every payment of before
/// counts as new.
pub const PROJECT: &str = "shop";

const KEY_OF_ONE: &str = "PROJECTS_FILE: unset CRYPTOCLOUD_API_KEY, which belongs to one project, and \
                          set `api_key` of each project in the file";
