use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr};

use reqwest::Url;

/// The address of the API.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback_api::{BaseUrl, BaseUrlError};
///
/// assert_eq!(BaseUrl::TRYBIT, BaseUrl::parse("https://api.trybit.com/")?);
/// assert!(BaseUrl::parse("http://127.0.0.1:8080").is_ok());
/// assert_eq!(BaseUrl::parse("http://api.trybit.com"), Err(BaseUrlError::NotHttps));
/// # Ok::<_, BaseUrlError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseUrl(Cow<'static, str>);

impl BaseUrl {
    /// `https://api.cryptocloud.plus`
    pub const CRYPTOCLOUD: Self = Self(Cow::Borrowed("https://api.cryptocloud.plus"));
    /// `https://api.trybit.com`, the address since the vendor is called Trybit.
    pub const TRYBIT: Self = Self(Cow::Borrowed("https://api.trybit.com"));

    /// Parses an address: `https`, or `http` for this machine, as in development.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a URL, if anything but this machine would be reached without
    /// TLS, or if it has a user name, a password, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text).map_err(|_| BaseUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(BaseUrlError::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned().into()))
    }

    pub(crate) fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a string is refused as a [`BaseUrl`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// It has a user name or a password; the API takes a key only.
    #[error("address of the API has a user name or a password")]
    Credentials,
    /// It is not a URL.
    #[error("address of the API is not a URL")]
    NotAUrl,
    /// Its scheme is not `https`. Only this machine may be reached by `http`.
    #[error("address of the API does not begin with https://")]
    NotHttps,
    /// It has a query or a fragment.
    #[error("address of the API has a query or a fragment")]
    Query,
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        #[track_caller]
        fn check(text: &str, expected: Result<&str, BaseUrlError>) {
            let actual = BaseUrl::parse(text).map(|url| url.join("/v2/invoice/create"));
            let expected = expected.map(|base| format!("{base}/v2/invoice/create"));
            assert_eq!(actual, expected, "{text}");
        }
        check(
            "https://api.cryptocloud.plus",
            Ok("https://api.cryptocloud.plus"),
        );
        check(
            "https://example.com/proxy/",
            Ok("https://example.com/proxy"),
        );
        check("http://127.0.0.1:8080", Ok("http://127.0.0.1:8080"));
        check("http://[::1]:8080/", Ok("http://[::1]:8080"));
        check("http://localhost", Ok("http://localhost"));
        check("", Err(BaseUrlError::NotAUrl));
        check("api.trybit.com", Err(BaseUrlError::NotAUrl));
        check("http://api.trybit.com", Err(BaseUrlError::NotHttps));
        check("http://localhost.example.com", Err(BaseUrlError::NotHttps));
        check("http://10.0.0.1", Err(BaseUrlError::NotHttps));
        check("file:///etc/passwd", Err(BaseUrlError::NotHttps));
        check("https://user@example.com", Err(BaseUrlError::Credentials));
        check(
            "https://:password@example.com",
            Err(BaseUrlError::Credentials),
        );
        check("https://example.com/?a=b", Err(BaseUrlError::Query));
        check("https://example.com/#a", Err(BaseUrlError::Query));
    }

    #[test]
    fn the_known_addresses_are_addresses() {
        for known in [BaseUrl::CRYPTOCLOUD, BaseUrl::TRYBIT] {
            assert_eq!(BaseUrl::parse(&known.to_string()), Ok(known));
        }
    }
}
