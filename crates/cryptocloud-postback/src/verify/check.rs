use std::fmt;

use crate::ErrorKind;

/// A step of a verification, for showing to a person how far a postback came.
///
/// The steps are made in the order of [`ALL`](Self::ALL), which is that of the variants, and the
/// first one that fails ends the verification: those before it held, and those after it were not made.
/// Display says what holds when the step does.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Check, ErrorKind};
///
/// let failed = ErrorKind::TokenExpired.check();
/// assert_eq!(failed, Some(Check::Time));
/// let held = Check::ALL.iter().filter(|check| Some(**check) < failed);
/// assert!(held.into_iter().any(|check| *check == Check::Signature));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Check {
    /// The request's method, size and encoding, as [`check_request`](crate::check_request) and the
    /// adapters judge them.
    Request,
    /// The body's format.
    Format,
    /// The fields that the vendor's page defines.
    Fields,
    /// The form and the header of the token.
    Token,
    /// The token's MAC.
    Signature,
    /// The token's claims.
    Claims,
    /// The token's time.
    Time,
    /// The invoice that the token was issued for.
    Invoice,
    /// The status, and where test payments are refused, the mode.
    Status,
}

impl Check {
    /// All steps, in the order in which they are made.
    pub const ALL: &'static [Self] = &[
        Self::Request,
        Self::Format,
        Self::Fields,
        Self::Token,
        Self::Signature,
        Self::Claims,
        Self::Time,
        Self::Invoice,
        Self::Status,
    ];

    /// The name in lower case, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Format => "format",
            Self::Fields => "fields",
            Self::Token => "token",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Time => "time",
            Self::Invoice => "invoice",
            Self::Status => "status",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request is a POST of at most 64 KiB, and not compressed",
            Self::Format => "body is JSON or a form in UTF-8",
            Self::Fields => "fields are complete and well-formed",
            Self::Token => "token is an HS256 JWT in canonical form",
            Self::Signature => "token is signed with the secret",
            Self::Claims => "token has well-formed claims",
            Self::Time => "token has not expired, nor is it valid for too long",
            Self::Invoice => "token was issued for this invoice",
            Self::Status => "status is accepted",
        })
    }
}

impl ErrorKind {
    /// The step that failed; None where the fault is not the postback's.
    #[must_use]
    pub fn check(self) -> Option<Check> {
        Some(match self {
            Self::BodyTimeout
            | Self::BodyTooLarge
            | Self::BodyUnreadable
            | Self::ContentEncoding
            | Self::MethodNotAllowed => Check::Request,
            Self::ClockBeforeEpoch | Self::VerifierAmbiguous | Self::VerifierMissing => {
                return None;
            }
            Self::DuplicateField
            | Self::InvalidField
            | Self::InvalidForm
            | Self::InvalidJson
            | Self::MissingField
            | Self::MissingId => Check::Fields,
            Self::InvoiceMismatch => Check::Invoice,
            Self::MediaType => Check::Format,
            Self::StatusRefused | Self::TestModeRefused | Self::TestModeUnknown => Check::Status,
            Self::TokenAlgorithm
            | Self::TokenHeader
            | Self::TokenMalformed
            | Self::TokenMissing => Check::Token,
            Self::TokenClaims => Check::Claims,
            Self::TokenExpired | Self::TokenLifetime | Self::TokenNotYetValid => Check::Time,
            Self::TokenSignature => Check::Signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_in_their_order() {
        assert!(Check::ALL.is_sorted_by(|a, b| a < b));
        let names: Vec<_> = Check::ALL.iter().map(|check| check.name()).collect();
        let debug = Check::ALL.iter().map(|check| format!("{check:?}"));
        assert!(debug.map(|name| name.to_lowercase()).eq(names));
    }
}
