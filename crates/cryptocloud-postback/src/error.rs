use std::{error, fmt, sync::Arc};

use crate::{Format, InvoiceId, listed::listed};

/// Why a postback was refused.
///
/// Match on its [`kind`](Self::kind).
/// [`source`](error::Error::source) tells an operator more, and neither text ever repeats what the
/// sender wrote.
///
/// # Examples
///
/// ```
/// use std::error::Error as _;
///
/// use cryptocloud_postback::{ErrorKind, Postback};
///
/// let body = "invoice_id=ILRAJE1Q&status=success&amount_crypto=-1";
/// let error = Postback::parse(None, body.into()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidField);
/// assert_eq!(error.to_string(), "a field is invalid");
/// let cause = error.source().map(ToString::to_string);
/// assert_eq!(cause.as_deref(), Some("amount_crypto is negative"));
/// let invoice_id = error.claimed_invoice_id().map(|id| id.as_str());
/// assert_eq!(invoice_id, Some("ILRAJE1Q"));
/// ```
#[derive(Debug)]
pub struct Error(Box<Details>);

#[derive(Debug)]
struct Details {
    cause: Option<Cause>,
    claimed_invoice_id: Option<InvoiceId>,
    format: Option<Format>,
    kind: ErrorKind,
    project: Option<Arc<str>>,
}

listed! {
    /// What was wrong with a postback.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    #[non_exhaustive]
    pub enum ErrorKind ("Every kind, in alphabetical order.") {
        /// The body did not arrive before the adapter's deadline.
        ///
        /// Nothing was wrong with what had arrived: the sender may send the request again.
        BodyTimeout = "body did not arrive in time",
        /// The body is larger than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES), or than a lower limit of
        /// the adapter or the app.
        BodyTooLarge = "body is too large",
        /// The connection broke before the body was complete.
        BodyUnreadable = "connection broke before the body was complete",
        /// This machine's clock is set before 1970, so that no token's time can be checked.
        ClockBeforeEpoch = "this machine's clock is set before 1970: correct it",
        /// The body is compressed.
        ContentEncoding = "body is compressed",
        /// A field that the vendor's page documents appears twice.
        DuplicateField = "a field appears twice",
        /// A field that the vendor's page documents has a value that it cannot have.
        InvalidField = "a field is invalid",
        /// The body is not a UTF-8 form.
        InvalidForm = "body is not a form",
        /// The body is not a JSON object in UTF-8, or is nested too deeply.
        InvalidJson = "body is not a JSON object",
        /// The token was issued for another invoice, or for none.
        InvoiceMismatch = "token was not issued for this invoice",
        /// The body is neither JSON nor a form, or its `Content-Type` declares another charset than
        /// UTF-8.
        MediaType = "body is neither JSON nor a form in UTF-8",
        /// The request is not a POST.
        MethodNotAllowed = "request is not a POST",
        /// A required field is missing.
        MissingField = "a required field is missing",
        /// `invoice_id` is missing, or `order_id` if the verifier requires it.
        MissingId = "invoice or order id is missing",
        /// The postback's status is not `success`.
        StatusRefused = "status is not success",
        /// The postback is for a test payment, and the verifier requires a live one.
        TestModeRefused = "payment is a test",
        /// The postback does not say whether it is for a test payment, and the verifier requires a live
        /// one.
        TestModeUnknown = "postback does not say whether the payment is a test",
        /// The token's algorithm is not HS256.
        TokenAlgorithm = "token is not signed with HS256",
        /// The token's claims are not what the vendor issues.
        TokenClaims = "token has malformed claims",
        /// The token has expired.
        TokenExpired = "token has expired",
        /// The token's header asks for something that is not supported, such as `crit` or a key.
        TokenHeader = "token has an unsupported header",
        /// The token is valid for longer than the vendor ever issues one.
        TokenLifetime = "token is valid for too long",
        /// The token is not three segments of canonical base64url.
        TokenMalformed = "token is malformed",
        /// There is no token, or it is not a string.
        TokenMissing = "token is missing",
        /// The token's `nbf` or `iat` is in the future.
        TokenNotYetValid = "token is not valid yet",
        /// The token was signed with another secret, or was changed.
        TokenSignature = "token's signature does not match the secret",
        /// Two verifiers or settings of different types are configured in nested scopes, so that it is
        /// unclear which of them applies.
        VerifierAmbiguous = "two verifiers or settings of different types are configured in nested scopes: \
            configure both as the same type, so that the inner one applies",
        /// The app has no verifier.
        VerifierMissing = "no verifier is configured: add one to the app's state or app data",
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, cause: impl Into<Option<Cause>>) -> Self {
        Self(Box::new(Details {
            cause: cause.into(),
            claimed_invoice_id: None,
            format: None,
            kind,
            project: None,
        }))
    }

    /// An error that one field caused.
    pub(crate) fn field(kind: ErrorKind, name: &'static str, problem: &'static str) -> Self {
        Self::new(kind, Cause::field(name, problem))
    }

    /// An error without a cause.
    pub(crate) fn bare(kind: ErrorKind) -> Self {
        Self::new(kind, None)
    }

    /// A documented field has a value that it cannot have.
    pub(crate) fn invalid(name: &'static str, problem: &'static str) -> Self {
        Self::field(ErrorKind::InvalidField, name, problem)
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The format of the body, if it was already known.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.0.format
    }

    /// The invoice that the body names, if it was already read.
    ///
    /// Use it to find a refused postback again, and for nothing else: any sender can write any id.
    #[must_use]
    pub fn claimed_invoice_id(&self) -> Option<&InvoiceId> {
        self.0.claimed_invoice_id.as_ref()
    }

    /// The project of the verifier that refused the postback, if it was
    /// [named](crate::VerifierBuilder::project).
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.0.project.as_deref()
    }

    pub(crate) fn with_format(mut self, format: Format) -> Self {
        self.0.format = Some(format);
        self
    }

    pub(crate) fn with_invoice_id(mut self, invoice_id: impl Into<Option<InvoiceId>>) -> Self {
        self.0.claimed_invoice_id = invoice_id.into();
        self
    }

    pub(crate) fn with_project(mut self, project: Option<Arc<str>>) -> Self {
        self.0.project = project;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause as _)
    }
}

/// The reason below an [`ErrorKind`], for the log.
///
/// Its texts are all written here: serde's messages quote what the sender wrote, so none is used.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error("{name} {problem}")]
    Field {
        name: &'static str,
        problem: &'static str,
    },
    #[error("at line {line}, column {column}")]
    Position { line: usize, column: usize },
    #[error("{0}")]
    Problem(&'static str),
}

impl Cause {
    pub(crate) fn field(name: &'static str, problem: &'static str) -> Self {
        Self::Field { name, problem }
    }
}

impl From<&serde_json::Error> for Cause {
    fn from(error: &serde_json::Error) -> Self {
        Self::Position {
            line: error.line(),
            column: error.column(),
        }
    }
}
