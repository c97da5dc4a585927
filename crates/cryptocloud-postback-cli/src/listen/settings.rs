use std::net::SocketAddr;

use cryptocloud_postback::Verifier;
use reqwest::Url;

use super::{redact::Redactor, suggestion};
use crate::{
    client,
    secret::{Secret, SecretOptions},
    server,
};

/// Receive postbacks and show them with their checks on a local page
///
/// Without a secret it shows what arrives but checks no signature.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4000",
        value_parser = server::address
    )]
    pub(super) addr: String,

    /// The path that receives postbacks
    #[arg(long, default_value = "/postback", value_parser = path)]
    path: String,

    /// Forward each postback to this URL and return its response; redirects are not followed
    #[arg(long, value_name = "URL", value_parser = client::url)]
    forward: Option<Url>,

    /// How many postbacks to keep in memory
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    keep: u16,

    /// Print a line of JSON for each postback that arrives or is forwarded, without its token
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    secret: SecretOptions,
}

/// The validated arguments, with the address that was bound.
pub(super) struct Settings {
    /// The bound address.
    pub(super) address: SocketAddr,
    pub(super) forward: Option<Url>,
    /// Whether the output is for a program.
    pub(super) json: bool,
    pub(super) keep: usize,
    pub(super) path: String,
    pub(super) redactor: Redactor,
    /// Signs what is sent again after its token has expired.
    pub(super) secret: Option<Secret>,
    /// A command that sends a postback to this receiver.
    pub(super) send: String,
    pub(super) url: String,
    /// `None` if no secret is set.
    pub(super) verifier: Option<Verifier>,
}

impl Settings {
    pub(super) fn new(args: Args, address: SocketAddr) -> anyhow::Result<Self> {
        let (verifier, secrets) = if args.secret.is_set() {
            let (builder, secrets) = args.secret.verifier_and_secrets()?;
            (Some(builder.build()?), secrets)
        } else {
            (None, Vec::new())
        };
        let url = format!("{}{}", server::origin(address), args.path);
        Ok(Self {
            address,
            forward: args.forward,
            json: args.json,
            keep: args.keep.into(),
            path: args.path,
            secret: secrets.first().cloned(),
            redactor: Redactor::new(secrets),
            send: suggestion::send(&url, &args.secret),
            url,
            verifier,
        })
    }

    /// The origin of the page, as a browser on this machine reaches it.
    pub(super) fn origin(&self) -> String {
        server::origin(self.address)
    }
}

/// Parses a path without characters that have a meaning in a router.
fn path(text: &str) -> Result<String, String> {
    let is_plain = |byte| matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    if !text.starts_with('/') || text == "/" {
        return Err("the path must start with / and name something below it".to_owned());
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || is_plain(byte))
    {
        return Err("the path may contain only letters, digits and / - . _ ~".to_owned());
    }
    if ["api", "page"].contains(&text.split('/').nth(1).unwrap_or_default()) {
        Err("paths under /api and /page are reserved for the page".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

const EXAMPLES: &str = "Examples:
  ccpostback listen
  ccpostback listen --forward http://127.0.0.1:3000/postback
  ccpostback listen --addr localhost:0 --path /hook --keep 20
  ccpostback listen --json | jq 'select(.event == \"arrival\") | .invoice_id'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for good in ["/postback", "/a/b-c.d_e~1", "/apis", "/pages"] {
            assert_eq!(path(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "/",
            "postback",
            "/api",
            "/api/events",
            "/page/base.css",
            "/{x}",
            "/*",
            "/a?b",
            "/a b",
            "/ü",
        ] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
