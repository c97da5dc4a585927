use std::{error, fmt, sync::Arc};

use crate::{Format, InvoiceId};

/// Why a postback was refused.
///
/// [`kind`](Self::kind) is what to match on.
/// [`source`](error::Error::source) says more to an operator, and neither text ever repeats what the
/// sender wrote.
pub struct Error(Box<Inner>);

struct Inner {
    cause: Option<Cause>,
    format: Option<Format>,
    invoice_id: Option<InvoiceId>,
    kind: ErrorKind,
    project: Option<Arc<str>>,
}

/// What was wrong with a postback.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The body is larger than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES), or than a lower limit of
    /// the adapter or the app.
    BodyTooLarge,
    /// The connection broke before the body was complete.
    BodyUnreadable,
    /// The machine's clock stands before 1970, so that no token can be judged.
    ClockBeforeEpoch,
    /// The body is compressed.
    ContentEncoding,
    /// A field that the vendor's page defines came twice.
    DuplicateField,
    /// A field that the vendor's page defines holds something that it cannot hold.
    InvalidField,
    /// The body is not a UTF-8 form.
    InvalidForm,
    /// The body is not a JSON object in UTF-8, or is nested too deeply.
    InvalidJson,
    /// The token was issued for another invoice, or for none.
    InvoiceMismatch,
    /// The body is neither JSON nor a form, or not in UTF-8 by its `Content-Type`.
    MediaType,
    /// The request was not a POST.
    MethodNotAllowed,
    /// A required field is missing.
    MissingField,
    /// `invoice_id` is missing, or `order_id` where the verifier requires one.
    MissingId,
    /// The postback's status is not `success`.
    StatusRefused,
    /// The postback is of a test payment, which the verifier refuses.
    TestModeRefused,
    /// The token's algorithm is not HS256.
    TokenAlgorithm,
    /// The token's claims are not what the vendor issues.
    TokenClaims,
    /// The token has expired.
    TokenExpired,
    /// The token's header asks for something that is not supported, such as `crit` or a key.
    TokenHeader,
    /// The token is valid for longer than the vendor ever issues one.
    TokenLifetime,
    /// The token is not three segments of canonical base64url.
    TokenMalformed,
    /// There is no token, or it is not text.
    TokenMissing,
    /// The token's `nbf` or `iat` lies in the future.
    TokenNotYetValid,
    /// The token was signed with another secret, or was changed.
    TokenSignature,
    /// The app holds no verifier.
    VerifierMissing,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, cause: impl Into<Option<Cause>>) -> Self {
        Self(Box::new(Inner {
            cause: cause.into(),
            format: None,
            invoice_id: None,
            kind,
            project: None,
        }))
    }

    /// Without a cause below it.
    pub(crate) fn bare(kind: ErrorKind) -> Self {
        Self::new(kind, None)
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The format of the body, where it was known by then.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.0.format
    }

    /// The invoice that the body names, where it was read by then.
    ///
    /// Nothing proves it: a stranger can write any id here.
    #[must_use]
    pub fn claimed_invoice_id(&self) -> Option<&InvoiceId> {
        self.0.invoice_id.as_ref()
    }

    /// The project of the verifier, if it was [named](crate::VerifierBuilder::project) and had its
    /// turn.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.0.project.as_deref()
    }

    pub(crate) fn with_project(mut self, project: Option<Arc<str>>) -> Self {
        self.0.project = project;
        self
    }

    pub(crate) fn with_format(mut self, format: Format) -> Self {
        self.0.format = Some(format);
        self
    }

    pub(crate) fn with_invoice_id(mut self, invoice_id: &InvoiceId) -> Self {
        self.0.invoice_id = Some(invoice_id.clone());
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

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("cause", &self.0.cause)
            .field("format", &self.0.format)
            .field("claimed_invoice_id", &self.0.invoice_id)
            .finish()
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BodyTooLarge => "body is too large",
            Self::BodyUnreadable => "body could not be read to its end",
            Self::ClockBeforeEpoch => "the clock of this machine stands before 1970",
            Self::ContentEncoding => "body is compressed",
            Self::DuplicateField => "a field came twice",
            Self::InvalidField => "a field is invalid",
            Self::InvalidForm => "body is not a form",
            Self::InvalidJson => "body is not a JSON object",
            Self::InvoiceMismatch => "token was issued for another invoice",
            Self::MediaType => "body is neither JSON nor a form in UTF-8",
            Self::MethodNotAllowed => "request is not a POST",
            Self::MissingField => "a required field is missing",
            Self::MissingId => "invoice or order id is missing",
            Self::StatusRefused => "status is not success",
            Self::TestModeRefused => "payment is a test",
            Self::TokenAlgorithm => "token is not signed with HS256",
            Self::TokenClaims => "token has malformed claims",
            Self::TokenExpired => "token has expired",
            Self::TokenHeader => "token has an unsupported header",
            Self::TokenLifetime => "token is valid for too long",
            Self::TokenMalformed => "token is malformed",
            Self::TokenMissing => "token is missing",
            Self::TokenNotYetValid => "token is not valid yet",
            Self::TokenSignature => "token is signed with another secret",
            Self::VerifierMissing => "the app holds no verifier: put one into its app_data",
        })
    }
}

/// The reason below an [`ErrorKind`], for the log.
///
/// Its texts are ours alone: serde's messages quote what the sender wrote, so none of them gets here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    Field {
        name: &'static str,
        problem: &'static str,
    },
    Position {
        line: usize,
        column: usize,
    },
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

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { name, problem } => write!(f, "{name} {problem}"),
            Self::Position { line, column } => write!(f, "at line {line}, column {column}"),
            Self::Problem(problem) => f.write_str(problem),
        }
    }
}

impl error::Error for Cause {}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn source_is_the_cause_and_display_does_not_repeat_it() {
        let error = Error::new(
            ErrorKind::InvalidField,
            Cause::field("currency", "is empty"),
        );
        assert_eq!(error.to_string(), "a field is invalid");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("currency is empty")
        );
        assert!(Error::bare(ErrorKind::MediaType).source().is_none());
    }
}
