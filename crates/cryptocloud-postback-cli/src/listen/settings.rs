use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use anyhow::bail;
use cryptocloud_postback::Verifier;
use reqwest::Url;

use crate::{client, secret::SecretOptions};

use super::redact::Redactor;

/// Receives postbacks on this machine and shows them on a page, with the checks that each one passed
///
/// Without a secret it shows what arrives, and checks no signature.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    pub(super) addr: SocketAddr,

    /// The path that takes postbacks
    #[arg(long, default_value = "/postback", value_parser = path)]
    path: String,

    /// Passes each postback on to this URL, and the answer back; redirects are not followed
    #[arg(long, value_name = "URL", value_parser = client::url)]
    forward: Option<Url>,

    /// How many postbacks are kept, in memory
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    keep: u16,

    #[command(flatten)]
    secret: SecretOptions,
}

/// What was asked for, with the address that the system gave.
pub(super) struct Settings {
    /// The address that others connect to.
    pub(super) address: SocketAddr,
    pub(super) forward: Option<Url>,
    pub(super) keep: usize,
    pub(super) path: String,
    pub(super) redactor: Redactor,
    /// None where nobody set a secret.
    pub(super) verifier: Option<Verifier>,
}

impl Settings {
    pub(super) fn new(args: Args, address: SocketAddr) -> anyhow::Result<Self> {
        if let Some(url) = &args.forward
            && leads_to(url, address)
        {
            bail!("--forward {url} leads back to ccpostback listen itself");
        }
        let (verifier, secrets) = if args.secret.is_set() {
            let (builder, secrets) = args.secret.verifier_and_secrets()?;
            (Some(builder.build()?), secrets)
        } else {
            (None, Vec::new())
        };
        Ok(Self {
            address,
            forward: args.forward,
            keep: args.keep.into(),
            path: args.path,
            redactor: Redactor::new(secrets),
            verifier,
        })
    }

    /// The address of the page, as this machine reaches it.
    pub(super) fn origin(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    pub(super) fn url(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }
}

/// Whether a request to this URL would arrive here.
fn leads_to(url: &Url, address: SocketAddr) -> bool {
    if url.port_or_known_default() != Some(address.port()) {
        return false;
    }
    // A name that nobody knows is no fault here: each postback will say so.
    let targets = url.socket_addrs(|| None).unwrap_or_default();
    targets
        .iter()
        .any(|target| is_here(target.ip().to_canonical(), address.ip().to_canonical()))
}

fn is_here(target: IpAddr, bound: IpAddr) -> bool {
    if target.is_unspecified() {
        // Connecting there connects to this machine.
        return bound.is_unspecified() || bound.is_loopback();
    }
    // Only an address of this machine can be bound.
    target == bound || (bound.is_unspecified() && UdpSocket::bind((target, 0)).is_ok())
}

/// Letters, digits and what no router gives a meaning.
fn path(text: &str) -> Result<String, String> {
    let plain = |byte| matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    if !text.starts_with('/') || text == "/" {
        return Err("it has to start with / and to be longer".to_owned());
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || plain(byte))
    {
        return Err("only letters, digits and / - . _ ~ can be in it".to_owned());
    }
    if text == "/api" || text.starts_with("/api/") {
        Err("the page's own data is under /api".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

const EXAMPLES: &str = "Examples:
  ccpostback listen
  ccpostback listen --forward http://127.0.0.1:3000/postback
  ccpostback listen --addr 127.0.0.1:0 --path /hook --keep 20";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for good in ["/postback", "/a/b-c.d_e~1", "/apis"] {
            assert_eq!(path(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "/",
            "postback",
            "/api",
            "/api/events",
            "/{x}",
            "/*",
            "/a?b",
            "/a b",
            "/ü",
        ] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn itself() {
        #[track_caller]
        fn check(url: &str, address: &str, expected: bool) {
            let leads = leads_to(&url.parse().unwrap(), address.parse().unwrap());
            assert_eq!(leads, expected, "{url} {address}");
        }
        check("http://127.0.0.1:4000/x", "127.0.0.1:4000", true);
        check("http://localhost:4000/", "127.0.0.1:4000", true);
        check("http://0.0.0.0:4000/", "127.0.0.1:4000", true);
        check("http://[::ffff:127.0.0.1]:4000/", "127.0.0.1:4000", true);
        check("http://127.0.0.1/", "127.0.0.1:80", true);
        check("https://127.0.0.1/", "127.0.0.1:443", true);
        check("http://127.0.0.1:4000/", "0.0.0.0:4000", true);
        check("http://127.0.0.9:4000/", "0.0.0.0:4000", true);
        check("http://127.0.0.1:3000/", "127.0.0.1:4000", false);
        check("http://127.0.0.2:4000/", "127.0.0.1:4000", false);
        check("http://192.0.2.1:4000/", "0.0.0.0:4000", false);
    }
}
