use std::fmt;

use bytes::Bytes;

use crate::{
    Error, ErrorKind, Format,
    body::{fields::Fields, media_type::MediaType},
    http::watch::Watch,
};

/// A body of at most [`MAX_BODY_BYTES`] in a known format, not read yet.
///
/// [`RequestHead::body`](crate::RequestHead::body) returns it.
/// An app that chooses the verifier only after the body has arrived keeps it until then.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Error, RequestHead, Verified, Verifier};
///
/// fn receive(
///     head: RequestHead,
///     body: Vec<u8>,
///     choose: impl FnOnce(&[u8]) -> Verifier,
/// ) -> Result<Verified, Error> {
///     let unverified = head.body(body.into())?;
///     let verifier = choose(unverified.body());
///     unverified.verify(&verifier)
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Unverified {
    body: Bytes,
    format: Format,
    watch: Watch,
}

impl Unverified {
    pub(crate) fn new(media_type: MediaType, body: Bytes, watch: Watch) -> Result<Self, Error> {
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::bare(ErrorKind::BodyTooLarge));
        }
        let format = media_type.format(&body)?;
        Ok(Self {
            body,
            format,
            watch,
        })
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

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    pub(crate) fn into_parts(self) -> (Bytes, Watch) {
        (self.body, self.watch)
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

/// The largest body that is accepted: 64 KiB. The vendor's postbacks have about 2 KiB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
