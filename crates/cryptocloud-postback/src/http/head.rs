use std::sync::Arc;

use bytes::Bytes;

use super::{trace_context::TraceHeaders, watch::Watch};
use crate::{Error, ErrorKind, MAX_BODY_BYTES, Unverified, body::media_type::MediaType};

/// The head of a request whose method and headers passed their checks.
///
/// A body can be handed over only through it, so no adapter can forget a check.
/// Create it with [`Verifier::check_head`](crate::Verifier::check_head), or with
/// [`check`](Self::check) if the verifier is not known yet, before the body is read.
/// Then call [`body`](Self::body), or [`refuse`](Self::refuse) if the body could not be read.
/// With the feature `tracing`, the step that refuses the postback emits its one event.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{Error, RequestHead, Verified, Verifier};
///
/// fn receive(verifier: &Verifier, request: http::Request<&'static [u8]>) -> Result<Verified, Error> {
///     let headers = request.headers().iter();
///     let head = RequestHead::check(
///         request.method().as_str(),
///         headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
///     )?;
///     head.body((*request.body()).into())?.verify(verifier)
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct RequestHead {
    media_type: MediaType,
    project: Option<Arc<str>>,
    watch: Watch,
}

impl RequestHead {
    /// Validates the method and headers; header names may be in any case.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::MethodNotAllowed`] if the method is not POST,
    /// [`ErrorKind::ContentEncoding`] for any coding but `identity`, so that a compressed body is
    /// never inflated, and [`ErrorKind::BodyTooLarge`] if `Content-Length` announces more than
    /// [`MAX_BODY_BYTES`].
    pub fn check<'a>(
        method: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, Error> {
        Self::start(method, headers, None)
    }

    /// A head for a body that did not arrive over HTTP, such as one from a queue.
    ///
    /// `content_type` is the value of that header, or `None` if there is none.
    pub fn from_content_type(content_type: Option<&[u8]>) -> Self {
        Self {
            media_type: MediaType::parse(content_type),
            project: None,
            watch: Watch::start(None),
        }
    }

    /// Hands over the body and detects its format.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::BodyTooLarge`] if the body is larger than [`MAX_BODY_BYTES`], and
    /// [`ErrorKind::MediaType`] if it is neither JSON nor a form in UTF-8.
    pub fn body(self, body: Bytes) -> Result<Unverified, Error> {
        Unverified::new(self.media_type, body, self.watch.clone())
            .map_err(|error| self.watch.refused(error.with_project(self.project)))
    }

    /// Refuses the postback for a reason that the adapter found, such as a body that did not arrive
    /// in time.
    #[must_use]
    pub fn refuse(self, kind: ErrorKind) -> Error {
        let error = Error::bare(kind).with_project(self.project);
        self.watch.refused(error)
    }

    /// [`check`](Self::check) for a project, which is named in what is refused.
    pub(crate) fn start<'a>(
        method: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        project: Option<Arc<str>>,
    ) -> Result<Self, Error> {
        let mut trace = TraceHeaders::default();
        let headers = headers
            .into_iter()
            .inspect(|(name, value)| trace.read(name, value));
        let read = Self::read(method, headers);
        let watch = Watch::start(trace.context());
        match read {
            Ok(media_type) => Ok(Self {
                media_type,
                project,
                watch,
            }),
            Err(error) => Err(watch.refused(error.with_project(project))),
        }
    }

    /// Names the project in what is refused from here on.
    pub(crate) fn with_project(mut self, project: Option<Arc<str>>) -> Self {
        self.project = project;
        self
    }

    fn read<'a>(
        method: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<MediaType, Error> {
        if method != "POST" {
            return Err(Error::bare(ErrorKind::MethodNotAllowed));
        }
        let mut content_type = None;
        let (mut is_encoded, mut is_large) = (false, false);
        for (name, value) in headers {
            is_encoded |= name.eq_ignore_ascii_case("content-encoding") && !is_identity(value);
            is_large |= name.eq_ignore_ascii_case("content-length") && is_too_large(value);
            if name.eq_ignore_ascii_case("content-type") {
                content_type = content_type.or(Some(value));
            }
        }
        // Last, so that the order of the headers does not matter.
        if is_encoded {
            return Err(Error::bare(ErrorKind::ContentEncoding));
        }
        if is_large {
            return Err(Error::bare(ErrorKind::BodyTooLarge));
        }
        Ok(MediaType::parse(content_type))
    }
}

/// Whether the value of a `Content-Encoding` leaves the body unchanged.
fn is_identity(value: &[u8]) -> bool {
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
}

/// The HTTP server refuses a length that is not a number; the body is counted in any case.
fn is_too_large(content_length: &[u8]) -> bool {
    str::from_utf8(content_length)
        .ok()
        .and_then(|length| length.trim().parse::<u64>().ok())
        .is_some_and(|length| {
            usize::try_from(length).map_or(true, |length| length > MAX_BODY_BYTES)
        })
}
