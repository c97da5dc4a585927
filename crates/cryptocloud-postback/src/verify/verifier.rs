use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Error, ErrorKind, Format, Postback, RequestHead, Status, UnixTime, Unverified, Verified,
    body::{fields::Fields, value::Value},
    error::Cause,
    http::watch::Timer,
    token::{
        claims::Claims,
        mac::MacKeys,
        segments::{self, Token},
    },
    verify::{builder::Settings, verified::Proof},
};

/// Verifies postbacks of one project.
///
/// A clone costs an `Arc`, so it goes into any framework's state.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{RequestHead, SecretKey, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "not-a-real-key-only-for-this-example";
/// let verifier = Verifier::new(SecretKey::new(secret)?)?;
///
/// let head = RequestHead::from_content_type(Some(b"application/json"));
/// let error = verifier.verify(head, "{}".into()).unwrap_err();
/// assert_eq!(error.kind().response().status(), 400);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: MacKeys,
    settings: Settings,
}

impl Verifier {
    pub(crate) fn from_parts(keys: MacKeys, settings: Settings) -> Self {
        Self(Arc::new(Inner { keys, settings }))
    }

    /// The project's name, if the verifier was [named](crate::VerifierBuilder::project).
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.0.settings.project.as_deref()
    }

    /// Validates the method and headers before the body is read.
    ///
    /// What is refused then names the [project](crate::VerifierBuilder::project) of this verifier.
    ///
    /// # Errors
    ///
    /// Returns an error as [`RequestHead::check`] does.
    pub fn check_head<'a>(
        &self,
        method: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<RequestHead, Error> {
        RequestHead::start(method, headers, self.0.settings.project.clone())
    }

    /// Verifies a postback at the time of the verifier's clock.
    ///
    /// # Errors
    ///
    /// Returns an error if the postback is not genuine: [`Error::kind`] says why, and
    /// [`ErrorKind::response`] is the response to send.
    pub fn verify(&self, head: RequestHead, body: Bytes) -> Result<Verified, Error> {
        self.outcome(self.body(head, body)?, self.0.settings.clock.now())
    }

    /// Verifies a postback at the given time.
    ///
    /// # Errors
    ///
    /// Returns an error if the postback is not genuine, as [`verify`](Self::verify) does.
    pub fn verify_at(
        &self,
        head: RequestHead,
        body: Bytes,
        now: UnixTime,
    ) -> Result<Verified, Error> {
        self.outcome(self.body(head, body)?, Ok(now))
    }

    /// Verifies a whole request at the time of the verifier's clock.
    ///
    /// # Errors
    ///
    /// Returns an error if the request is not a genuine postback, as the extractors of the adapters
    /// do.
    #[cfg(feature = "http")]
    pub fn verify_http(&self, request: &http::Request<Bytes>) -> Result<Verified, Error> {
        let headers = request.headers().iter();
        let head = self.check_head(
            request.method().as_str(),
            headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
        )?;
        self.verify(head, request.body().clone())
    }

    /// Whatever project the head was checked for, this one refuses the body.
    fn body(&self, head: RequestHead, body: Bytes) -> Result<Unverified, Error> {
        head.with_project(self.0.settings.project.clone())
            .body(body)
    }

    /// The end of every verification: however a postback arrived, its event is emitted here.
    fn outcome(&self, body: Unverified, now: Result<UnixTime, Error>) -> Result<Verified, Error> {
        let (project, watch) = (self.0.settings.project.clone(), body.watch().clone());
        let verifying = Timer::start();
        let outcome = self.check(body, now);
        verifying.verified(project.as_deref());
        match outcome {
            Ok(verified) => {
                watch.accepted(&verified);
                Ok(verified)
            }
            Err(error) => Err(watch.refused(error.with_project(project))),
        }
    }

    fn check(&self, body: Unverified, now: Result<UnixTime, Error>) -> Result<Verified, Error> {
        let format = body.format();
        self.check_fields(body, now)
            .map_err(|error| error.with_format(format))
    }

    fn check_fields(
        &self,
        body: Unverified,
        now: Result<UnixTime, Error>,
    ) -> Result<Verified, Error> {
        let fields = body.fields()?;
        let mut reported = Postback::from_fields(&fields, body.format())?;
        let proof = now
            .and_then(|now| self.0.prove(&fields, &reported, now))
            .map_err(|error| error.with_invoice_id(reported.invoice_id.clone()))?;
        drop(fields);
        let watch;
        (reported.body, watch) = body.into_parts();
        let project = self.0.settings.project.clone();
        Ok(Verified::new(reported, proof, project, watch))
    }
}

impl Unverified {
    /// Verifies the body at the time of the verifier's clock.
    ///
    /// # Errors
    ///
    /// Returns an error if the postback is not genuine, as [`Verifier::verify`] does.
    pub fn verify(self, verifier: &Verifier) -> Result<Verified, Error> {
        verifier.outcome(self, verifier.0.settings.clock.now())
    }
}

impl Inner {
    fn prove(
        &self,
        fields: &Fields<'_>,
        reported: &Postback,
        now: UnixTime,
    ) -> Result<Proof, Error> {
        if self.settings.require_order_id && reported.order_id.is_none() {
            return Err(Error::field(ErrorKind::MissingId, "order_id", "is missing"));
        }
        let token = Token::read(&fields.token)?;
        if !self.keys.verify(token.signing_input.as_bytes(), &token.mac) {
            return Err(Error::bare(ErrorKind::TokenSignature));
        }
        let mut buffer = [0; segments::MAX_BYTES];
        let claims = Claims::read(&token, &mut buffer)?;
        claims.check_time(now, self.settings.leeway, self.settings.max_lifetime)?;
        if !self.settings.skip_invoice_binding {
            claims.check_invoice(&reported.invoice_id)?;
        }
        if !self.settings.accept_any_status && reported.status != Status::Success {
            return Err(Error::bare(ErrorKind::StatusRefused));
        }
        if self.settings.require_live_payment {
            check_live(fields, reported.format())?;
        }
        Ok(Proof {
            expires_at: claims.expires_at,
            mac: token.mac,
        })
    }
}

/// Only a plain `false` says that a payment is live, and a form does not say it.
fn check_live(fields: &Fields<'_>, format: Format) -> Result<(), Error> {
    let cause = match (fields.invoice_info.test_mode(), format) {
        (Some(Value::False), _) => return Ok(()),
        (Some(Value::True), _) => return Err(Error::bare(ErrorKind::TestModeRefused)),
        (_, Format::Form) => Cause::Problem("a form has no test_mode"),
        (_, Format::Json) => Cause::field("invoice_info.test_mode", "is neither true nor false"),
    };
    Err(Error::new(ErrorKind::TestModeUnknown, cause))
}
