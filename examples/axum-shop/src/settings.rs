//! What the environment says, of which nothing has to be set.

use std::{
    env::{self, VarError},
    error::Error,
    net::SocketAddr,
    path::PathBuf,
};

use cryptocloud_postback_axum::core::SecretKey;

pub(crate) struct Settings {
    pub(crate) address: SocketAddr,
    pub(crate) folder: PathBuf,
    /// None where the shop is only tried.
    pub(crate) secret: Option<SecretKey>,
}

impl Settings {
    pub(crate) fn from_environment() -> Result<Self, Box<dyn Error>> {
        let secret = match env::var("CRYPTOCLOUD_SECRET_KEY") {
            Err(VarError::NotPresent) => None,
            // An empty one was meant to be one: it ends here, and not as a demo.
            secret => Some(parse(secret)?),
        };
        let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
        let address = address
            .parse()
            .map_err(|_| "set LISTEN_ADDR to an address and a port, such as 127.0.0.1:3000")?;
        let folder = env::var_os("DATA_DIR").map_or_else(|| "data".into(), PathBuf::from);
        Ok(Self {
            address,
            folder,
            secret,
        })
    }
}

fn parse(secret: Result<String, VarError>) -> Result<SecretKey, Box<dyn Error>> {
    // Its own error would show the value.
    let secret = secret.map_err(|_| "CRYPTOCLOUD_SECRET_KEY is not in UTF-8")?;
    SecretKey::new(secret).map_err(|error| {
        format!(
            "CRYPTOCLOUD_SECRET_KEY: {error}; set it to the SECRET KEY of your project's settings, \
             or to nothing at all to try the shop"
        )
        .into()
    })
}
