use std::{error, fmt, time::Duration};

type Source = Box<dyn error::Error + Send + Sync>;

/// Why a call of the API failed.
///
/// Match on its [`kind`](Self::kind).
/// Neither its text nor its source ever holds the key or what the response said.
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    fields: Vec<&'static str>,
    kind: ApiErrorKind,
    retry_after: Option<Duration>,
    source: Option<Source>,
    status: Option<u16>,
    was_sent: bool,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What went wrong with a call of the API.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum ApiErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl ApiErrorKind {
            /// Every kind, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        impl fmt::Display for ApiErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

kinds! {
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

impl ApiError {
    pub(crate) fn new(kind: ApiErrorKind) -> Self {
        Self(Box::new(Inner {
            fields: Vec::new(),
            kind,
            retry_after: None,
            source: None,
            status: None,
            was_sent: true,
        }))
    }

    /// An error of your own [`InvoiceSource`](crate::InvoiceSource).
    pub fn other(source: impl Into<Source>) -> Self {
        Self::new(ApiErrorKind::Other).with_source(source)
    }

    pub(crate) fn with_fields(mut self, fields: Vec<&'static str>) -> Self {
        self.0.fields = fields;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The request never left this machine, so it may be repeated whatever it does.
    pub(crate) fn unsent(mut self) -> Self {
        self.0.was_sent = false;
        self
    }

    pub(crate) fn was_sent(&self) -> bool {
        self.0.was_sent
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ApiErrorKind {
        self.0.kind
    }

    /// The fields of the request that the vendor refused, as far as it named them.
    #[must_use]
    pub fn fields(&self) -> &[&'static str] {
        &self.0.fields
    }

    /// How long the vendor asks to wait, at most an hour.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
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
        let converted = Self::new(kind).with_source(error.without_url());
        if was_sent {
            converted
        } else {
            converted.unsent()
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)?;
        if let Some(status) = self.status() {
            write!(f, " (status {status})")?;
        }
        match self.fields() {
            [] => Ok(()),
            fields => write!(f, ": {}", fields.join(", ")),
        }
    }
}

impl error::Error for ApiError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("kind", &self.0.kind)
            .field("status", &self.0.status)
            .field("fields", &self.0.fields)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}
