use std::fmt;

use bytes::Bytes;

use crate::{Format, RequestHead};

/// A body with the `Content-Type` to send it with, from a
/// [`PostbackBuilder`](super::PostbackBuilder).
#[derive(Clone)]
#[must_use]
pub struct SignedPostback {
    body: Bytes,
    format: Format,
}

impl SignedPostback {
    pub(super) fn new(body: String, format: Format) -> Self {
        Self {
            body: body.into(),
            format,
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.body.clone()
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> &'static [u8] {
        self.format.content_type().as_bytes()
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The head to verify the body with.
    pub fn head(&self) -> RequestHead {
        RequestHead::from_content_type(Some(self.content_type()))
    }

    /// The whole request, to call a router or a service with.
    ///
    /// # Panics
    ///
    /// Panics if `uri` is not a URI.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = "not-a-real-key-only-for-this-example";
    /// let verifier = Verifier::new(SecretKey::new(secret)?)?;
    ///
    /// let request = PostbackBuilder::new(secret).json().http_request("/postback");
    /// assert!(verifier.verify_http(&request).is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "http")]
    #[must_use]
    pub fn http_request(&self, uri: &'static str) -> http::Request<Bytes> {
        let mut request = http::Request::new(self.body());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::from_static(uri);
        request.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static(self.format.content_type()),
        );
        request
    }
}

/// Without the body, which holds a token.
impl fmt::Debug for SignedPostback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedPostback")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
