use std::fmt;

use crate::ErrorKind;

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $text:literal,)*) => {
        /// One check of a verification, to show how far a postback came.
        ///
        /// The checks run in the order of [`ALL`](Self::ALL), and the first that fails ends the
        /// verification: those before it passed, and those after it did not run.
        /// `Display` states what is true if the check passed.
        ///
        /// # Examples
        ///
        /// ```
        /// use cryptocloud_postback::{Check, ErrorKind};
        ///
        /// let failed = ErrorKind::TokenExpired.failed_check();
        /// assert_eq!(failed, Some(Check::Time));
        /// let mut passed = Check::ALL.iter().filter(|check| Some(**check) < failed);
        /// assert!(passed.any(|check| *check == Check::Signature));
        /// ```
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])* $name,)*
        }

        impl Check {
            /// Every check, in the order in which they run.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in lower case, for programs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }

        impl fmt::Display for Check {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

checks! {
    /// Method, size and encoding of the request.
    Request = "request", "request is a POST of at most 64 KiB, and not compressed",
    /// The format of the body.
    Format = "format", "body is JSON or a form in UTF-8",
    /// The fields that the vendor's page documents.
    Fields = "fields", "fields are complete and well-formed",
    /// The encoding and the header of the token. Nothing in it is proven yet.
    Token = "token", "token is an HS256 JWT in canonical form",
    /// The MAC of the token.
    Signature = "signature", "token is signed with the secret",
    /// The claims of the token.
    Claims = "claims", "token has well-formed claims",
    /// The time at which the token expires.
    Time = "time", "token has not expired, nor is it valid for too long",
    /// The invoice that the token was issued for.
    Invoice = "invoice", "token was issued for this invoice",
    /// The status, and the test mode if the verifier refuses test payments.
    Status = "status", "status is accepted",
}

impl ErrorKind {
    /// The check that a postback refused for this reason failed.
    ///
    /// `None` if the postback was not at fault: the app or its machine was.
    #[must_use]
    pub fn failed_check(self) -> Option<Check> {
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
