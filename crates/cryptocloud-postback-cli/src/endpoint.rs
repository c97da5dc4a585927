//! The URL and the headers of a request, as options of the command line.

use anyhow::{Context, bail};
use reqwest::{
    Url,
    header::{HeaderName, HeaderValue},
};

/// Parses an endpoint's URL, for clap.
pub(crate) fn url(text: &str) -> anyhow::Result<Url> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        bail!("the URL must start with http:// or https://, as in http://127.0.0.1:3000/postback");
    }
    let url = Url::parse(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the URL must not contain a user name or password, since the vendor sends none");
    }
    Ok(url)
}

/// Parses a header, for clap.
pub(crate) fn header(text: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let (name, value) = text.split_once(':').context("write 'Name: value'")?;
    let mut value: HeaderValue = value.trim().parse()?;
    // It may be a password.
    value.set_sensitive(true);
    Ok((name.trim().parse()?, value))
}

/// Whether this machine is the host.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<bool>) {
        let actual = url(text).ok().map(|url| is_loopback(&url));
        assert_eq!(actual, expected, "{text}");
    }

    #[test]
    fn urls() {
        check("http://localhost:1/x", Some(true));
        check("http://127.8.9.1/", Some(true));
        check("http://[::1]:80/", Some(true));
        check("https://example.com/", Some(false));
        check("https://127.0.0.1.example.com/", Some(false));
        check("ftp://localhost/", None);
        check("http://user:password@localhost/", None);
        check("localhost:3000", None);
        check("", None);
    }
}
