use std::{error, fmt, time::Duration};

use crate::kinds::kinds;

type Source = Box<dyn error::Error + Send + Sync>;

/// Why a call of the API failed.
///
/// Match on its [`kind`](Self::kind).
/// Neither its text nor its source ever holds the key or what the response said.
#[derive(Debug)]
pub struct ApiError {
    pub(crate) fields: Vec<&'static str>,
    pub(crate) kind: ApiErrorKind,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) source: Option<Source>,
    pub(crate) status: Option<u16>,
    /// Whether the vendor may have received the request.
    pub(crate) was_sent: bool,
}

kinds! {
    /// What went wrong with a call of the API.
    ApiErrorKind {
        /// No connection could be made, or it broke before the response was complete.
        Connection = "connection to the API failed",
        /// The list of invoices does not end.
        Endless = "list of invoices does not end",
        /// The response is not what the vendor documents: no JSON, or of another shape.
        Malformed = "response is not the API's",
        /// A source of your own failed: see [`ApiError::other`].
        Other = "source of invoices failed",
        /// 429: too many requests.
        RateLimited = "too many requests to the API",
        /// The response is a redirect, which is never followed: the key would go to another address.
        Redirected = "API responded with a redirect: check its address",
        /// The vendor refused the request; [`ApiError::fields`] names the fields, if it said which.
        Rejected = "API rejected the request",
        /// The request could not be built.
        Request = "request could not be built",
        /// 5xx: the vendor's fault.
        Server = "API failed",
        /// The response did not arrive in time.
        TimedOut = "API did not respond in time",
        /// The response is larger than the limit.
        TooLarge = "response of the API is too large",
        /// 401 or 403: the vendor does not accept the API KEY.
        Unauthorized = "API key was not accepted",
    }
}

impl ApiError {
    pub(crate) fn new(kind: ApiErrorKind) -> Self {
        Self {
            fields: Vec::new(),
            kind,
            retry_after: None,
            source: None,
            status: None,
            was_sent: true,
        }
    }

    /// An error of your own [`InvoiceSource`](crate::InvoiceSource).
    pub fn other(source: impl Into<Source>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(ApiErrorKind::Other)
        }
    }

    /// The request never left this machine, so it may be repeated whatever it does.
    pub(crate) fn unsent(source: impl Into<Source>) -> Self {
        Self {
            source: Some(source.into()),
            was_sent: false,
            ..Self::new(ApiErrorKind::Request)
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ApiErrorKind {
        self.kind
    }

    /// The fields of the request that the vendor refused, as far as it named them.
    #[must_use]
    pub fn fields(&self) -> &[&'static str] {
        &self.fields
    }

    /// How long the vendor asks to wait, at most an hour.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl From<reqwest::Error> for ApiError {
    fn from(error: reqwest::Error) -> Self {
        // A fault of the connection comes first: a time-out while connecting is both.
        let (kind, was_sent) = if error.is_builder() {
            (ApiErrorKind::Request, false)
        } else if error.is_connect() {
            (ApiErrorKind::Connection, false)
        } else if error.is_timeout() {
            (ApiErrorKind::TimedOut, true)
        } else {
            (ApiErrorKind::Connection, true)
        };
        Self {
            source: Some(error.without_url().into()),
            was_sent,
            ..Self::new(kind)
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(status) = self.status {
            write!(f, " (status {status})")?;
        }
        match &*self.fields {
            [] => Ok(()),
            fields => write!(f, ": {}", fields.join(", ")),
        }
    }
}

impl error::Error for ApiError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
