use crate::ErrorKind;

/// The response to a postback: status, headers and a JSON body, all static.
///
/// Each adapter converts it in one place, so that all of them respond alike.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{ErrorKind, Response};
///
/// let response = ErrorKind::TokenExpired.response();
/// assert_eq!(response.status(), 401);
/// assert_eq!(response.body(), r#"{"error":"Invalid token"}"#);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct Response {
    body: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
}

impl Response {
    /// 200 `{"message":"Postback received"}`, as in the vendor's samples.
    pub const RECEIVED: Self = Self::new(200, &[JSON], r#"{"message":"Postback received"}"#);

    /// A response with these headers, whose names are in lower case and include `content-type`.
    pub const fn new(
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
    ) -> Self {
        Self {
            body,
            headers,
            status,
        }
    }

    /// The status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.status
    }

    /// The headers, as lower-case names and values.
    #[must_use]
    pub const fn headers(self) -> &'static [(&'static str, &'static str)] {
        self.headers
    }

    /// The JSON body: short, for the vendor's dashboard.
    #[must_use]
    pub const fn body(self) -> &'static str {
        self.body
    }
}

#[cfg(feature = "http")]
impl<B: From<&'static str>> From<Response> for http::Response<B> {
    fn from(response: Response) -> Self {
        let mut converted = Self::new(response.body.into());
        // Every code in this file is a valid status; any other would still refuse.
        *converted.status_mut() = http::StatusCode::from_u16(response.status)
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in response.headers {
            converted.headers_mut().insert(
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            );
        }
        converted
    }
}

impl ErrorKind {
    /// The response to a postback that is refused for this reason.
    ///
    /// It is the same for every fault of the token, so that a forger cannot tell how close it came.
    pub const fn response(self) -> Response {
        match self {
            // RFC 9110 section 15.5.9: the sender may send the request again.
            Self::BodyTimeout => error!(408, "Request timeout"),
            Self::BodyTooLarge => error!(413, "Body too large"),
            Self::ContentEncoding => error!(415, "Unsupported content encoding"),
            Self::MediaType => error!(415, "Unsupported media type"),
            Self::BodyUnreadable
            | Self::DuplicateField
            | Self::InvalidField
            | Self::MissingField => error!(400, "Invalid body"),
            Self::InvalidForm => error!(400, "Invalid form"),
            Self::InvalidJson => error!(400, "Invalid JSON"),
            Self::MissingId => error!(400, "Missing invoice_id or order_id"),
            Self::InvoiceMismatch
            | Self::TokenAlgorithm
            | Self::TokenClaims
            | Self::TokenExpired
            | Self::TokenHeader
            | Self::TokenLifetime
            | Self::TokenMalformed
            | Self::TokenMissing
            | Self::TokenNotYetValid
            | Self::TokenSignature => INVALID_TOKEN,
            // RFC 9110 section 15.5.6
            Self::MethodNotAllowed => Response::new(
                405,
                &[JSON, ("allow", "POST")],
                r#"{"error":"Method not allowed"}"#,
            ),
            Self::StatusRefused => error!(422, "Status not accepted"),
            Self::TestModeRefused => error!(422, "Test payment not accepted"),
            Self::TestModeUnknown => error!(422, "Test payment not ruled out"),
            Self::ClockBeforeEpoch | Self::VerifierAmbiguous | Self::VerifierMissing => {
                error!(500, "Internal error")
            }
        }
    }
}

/// `{"error":"…"}`, as in the vendor's samples.
macro_rules! error {
    ($status:literal, $message:literal) => {
        Response::new(
            $status,
            &[JSON],
            concat!(r#"{"error":""#, $message, r#""}"#),
        )
    };
}
use error;

const JSON: (&str, &str) = ("content-type", "application/json");

/// 401 needs `WWW-Authenticate` (RFC 9110 section 15.5.2).
const INVALID_TOKEN: Response = Response::new(
    401,
    &[
        JSON,
        ("www-authenticate", r#"Bearer error="invalid_token""#),
    ],
    r#"{"error":"Invalid token"}"#,
);
