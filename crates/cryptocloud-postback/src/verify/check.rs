use crate::{ErrorKind, listed::listed};

listed! {
    /// One check of a verification, to show how far a postback got.
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
    pub enum Check ("Every check, in the order in which they run.") {
        /// Method, size and encoding of the request.
        Request = "request is a POST of at most 64 KiB, and not compressed",
        /// The format of the body.
        Format = "body is JSON or a form in UTF-8",
        /// The fields that the vendor's page documents.
        Fields = "fields are complete and well-formed",
        /// The encoding and the header of the token. Nothing in it is proven yet.
        Token = "token is an HS256 JWT in canonical form",
        /// The MAC of the token.
        Signature = "token is signed with the secret",
        /// The claims of the token.
        Claims = "token has well-formed claims",
        /// The time at which the token expires.
        Time = "token has not expired, nor is it valid for too long",
        /// The invoice that the token was issued for.
        Invoice = "token was issued for this invoice",
        /// The status, and the test mode if the verifier requires a live payment.
        Status = "status is accepted",
    }
}

impl Check {
    /// The name in lower case, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
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
