//! What the sender is told. Both adapters take it from here, so that they answer alike.

use crate::ErrorKind;

/// The body of the answer 200, as in the vendor's samples.
pub const RECEIVED_BODY: &str = r#"{"message":"Postback received"}"#;

/// The `Content-Type` of every answer.
pub const ANSWER_CONTENT_TYPE: &str = "application/json";

impl ErrorKind {
    /// The HTTP status code to answer with.
    #[must_use]
    pub fn status_code(self) -> u16 {
        self.answer().0
    }

    /// The text to answer with: short, for the vendor's dashboard, and the same for every fault of
    /// the token, so that a forger learns nothing.
    #[must_use]
    pub fn public_message(self) -> &'static str {
        self.answer().1
    }

    /// The JSON body to answer with: `{"error":"…"}` around
    /// [`public_message`](Self::public_message), as in the vendor's samples.
    #[must_use]
    pub fn body_text(self) -> String {
        format!(r#"{{"error":"{}"}}"#, self.public_message())
    }

    /// The headers to answer with, as lower-case names and values.
    ///
    /// 401 needs `WWW-Authenticate` (RFC 9110 section 15.5.2) and 405 needs `Allow` (section 15.5.6).
    #[must_use]
    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        const CONTENT_TYPE: (&str, &str) = ("content-type", ANSWER_CONTENT_TYPE);
        match self.status_code() {
            401 => &[
                CONTENT_TYPE,
                ("www-authenticate", r#"Bearer error="invalid_token""#),
            ],
            405 => &[CONTENT_TYPE, ("allow", "POST")],
            _ => &[CONTENT_TYPE],
        }
    }

    fn answer(self) -> (u16, &'static str) {
        match self {
            Self::BodyTooLarge => (413, "Body too large"),
            Self::BodyUnreadable => (400, "Invalid body"),
            Self::ClockBeforeEpoch => (500, "Internal error"),
            Self::ContentEncoding => (415, "Unsupported content encoding"),
            Self::DuplicateField => (400, "Invalid body"),
            Self::InvalidField => (400, "Invalid body"),
            Self::InvalidForm => (400, "Invalid form"),
            Self::InvalidJson => (400, "Invalid JSON"),
            Self::InvoiceMismatch => INVALID_TOKEN,
            Self::MediaType => (415, "Unsupported media type"),
            Self::MethodNotAllowed => (405, "Method not allowed"),
            Self::MissingField => (400, "Invalid body"),
            Self::MissingId => (400, "Missing invoice_id or order_id"),
            Self::StatusRefused => (422, "Status not accepted"),
            Self::TestModeRefused => (422, "Test payment not accepted"),
            Self::TokenAlgorithm => INVALID_TOKEN,
            Self::TokenClaims => INVALID_TOKEN,
            Self::TokenExpired => INVALID_TOKEN,
            Self::TokenHeader => INVALID_TOKEN,
            Self::TokenLifetime => INVALID_TOKEN,
            Self::TokenMalformed => INVALID_TOKEN,
            Self::TokenMissing => INVALID_TOKEN,
            Self::TokenNotYetValid => INVALID_TOKEN,
            Self::TokenSignature => INVALID_TOKEN,
            Self::VerifierMissing => (500, "Internal error"),
        }
    }
}

const INVALID_TOKEN: (u16, &str) = (401, "Invalid token");
