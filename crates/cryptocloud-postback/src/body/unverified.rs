use std::fmt;

use bytes::Bytes;

use crate::{Error, ErrorKind, Format, Verified, Verifier, body::fields::Fields};

/// A body of at most [`MAX_BODY_BYTES`] in a known format; nothing in it is read yet.
///
/// [`Verifier::verify`] makes one by itself.
/// Use this where the verifier is chosen after the body was received.
#[derive(Clone)]
#[must_use]
pub struct Unverified {
    body: Bytes,
    format: Format,
}

impl Unverified {
    /// Finds the format ([`Format::detect`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BodyTooLarge`] and [`ErrorKind::MediaType`].
    pub fn new(content_type: Option<&[u8]>, body: Bytes) -> Result<Self, Error> {
        if body.len() > MAX_BODY_BYTES {
            return Err(ErrorKind::BodyTooLarge.into());
        }
        let format = Format::detect(content_type, &body)?;
        Ok(Self { body, format })
    }

    /// The format of the body.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The body as it arrived.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Verifies the body at the time of the verifier's clock.
    ///
    /// # Errors
    ///
    /// Those of [`Verifier::verify`].
    pub fn verify(self, verifier: &Verifier) -> Result<Verified, Error> {
        let now = verifier
            .now()
            .map_err(|error| error.with_format(self.format))?;
        verifier.check(self, now)
    }

    pub(crate) fn into_body(self) -> Bytes {
        self.body
    }

    pub(crate) fn fields(&self) -> Result<Fields<'_>, Error> {
        Fields::read(self.format, &self.body)
    }
}

/// Without the body, which holds a token.
impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("format", &self.format)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The largest body that is accepted: 64 KiB. A postback of the vendor's has about 2 KiB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
