use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;

use crate::{
    BuildError, Error, ErrorKind, Postback, SecretKey, Status, UnixTime, Unverified, Verified,
    VerifierBuilder,
    body::fields::{Fields, Value},
    error::Cause,
    token::{
        claims::Claims,
        mac::MacKeys,
        segments::{self, Token},
    },
};

/// Verifies postbacks of one project.
///
/// A clone costs an `Arc`, so it goes into any framework's state.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::{SecretKey, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "not-a-real-key-only-for-this-example";
/// let verifier = Verifier::new(SecretKey::new(secret)?)?;
///
/// let error = verifier.verify(Some(b"application/json"), "{}".into()).unwrap_err();
/// assert_eq!(error.kind().status_code(), 400);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier(Arc<Settings>);

pub(crate) struct Settings {
    pub(crate) accept_any_status: bool,
    pub(crate) clock: Clock,
    pub(crate) keys: MacKeys,
    pub(crate) leeway: Duration,
    pub(crate) max_lifetime: Duration,
    pub(crate) refuse_test_mode: bool,
    pub(crate) require_order_id: bool,
    pub(crate) skip_invoice_binding: bool,
}

pub(crate) type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

impl Verifier {
    /// With the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// [`BuildError::NoBackend`] where neither `aws-lc-rs` nor `rust-crypto` is compiled in.
    pub fn new(secret: SecretKey) -> Result<Self, BuildError> {
        Self::builder(secret).build()
    }

    /// Starts with one secret; more can be added for rotation.
    pub fn builder(secret: SecretKey) -> VerifierBuilder {
        VerifierBuilder::new(secret)
    }

    pub(crate) fn from_settings(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    /// Verifies a postback at the time of the verifier's clock.
    ///
    /// `content_type` is the value of that header, None where it is missing.
    ///
    /// # Errors
    ///
    /// [`Error::kind`] says what was wrong, and [`ErrorKind::status_code`] what to answer.
    pub fn verify(&self, content_type: Option<&[u8]>, body: Bytes) -> Result<Verified, Error> {
        Unverified::new(content_type, body)?.verify(self)
    }

    /// Verifies a postback at a time of the caller's.
    ///
    /// # Errors
    ///
    /// Those of [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        content_type: Option<&[u8]>,
        body: Bytes,
        now: UnixTime,
    ) -> Result<Verified, Error> {
        self.check(Unverified::new(content_type, body)?, now)
    }

    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        (self.0.clock)().try_into()
    }

    pub(crate) fn check(&self, body: Unverified, now: UnixTime) -> Result<Verified, Error> {
        let format = body.format();
        let (mut reported, proof) = body
            .fields()
            .and_then(|fields| {
                let reported = Postback::from_fields(&fields, format)?;
                match self.0.prove(&fields, &reported, now) {
                    Ok(proof) => Ok((reported, proof)),
                    Err(error) => Err(error.with_invoice_id(&reported.invoice_id)),
                }
            })
            .map_err(|error| error.with_format(format))?;
        reported.body = body.into_body();
        Ok(Verified::new(reported, proof))
    }
}

/// What a token proved.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) expires_at: UnixTime,
    pub(crate) mac: Vec<u8>,
}

impl Settings {
    fn prove(
        &self,
        fields: &Fields<'_>,
        reported: &Postback,
        now: UnixTime,
    ) -> Result<Proof, Error> {
        if self.require_order_id && reported.order_id.is_none() {
            let cause = Cause::field("order_id", "is missing");
            return Err(Error::new(ErrorKind::MissingId, cause));
        }
        let token = Token::read(&fields.token)?;
        if !self.keys.verify(token.signing_input.as_bytes(), &token.mac) {
            return Err(ErrorKind::TokenSignature.into());
        }
        let mut buffer = [0; segments::MAX_BYTES];
        let claims = Claims::read(&token, &mut buffer)?;
        claims.check_time(now, self.leeway, self.max_lifetime)?;
        if !self.skip_invoice_binding {
            claims.check_invoice(&reported.invoice_id)?;
        }
        let is_same_invoice = match &fields.uuid {
            Value::Missing | Value::Null => true,
            Value::Text(uuid) => reported.invoice_id.is_named_by(uuid),
            Value::False | Value::Number(_) | Value::Other => false,
        };
        if !is_same_invoice {
            let cause = Cause::field("invoice_info.uuid", "names another invoice");
            return Err(Error::new(ErrorKind::InvoiceMismatch, cause));
        }
        if !self.accept_any_status && reported.status != Status::Success {
            return Err(ErrorKind::StatusRefused.into());
        }
        if self.refuse_test_mode {
            // Anything but a plain no is taken for a yes.
            let (Value::Missing | Value::Null | Value::False) = fields.test_mode()? else {
                return Err(ErrorKind::TestModeRefused.into());
            };
        }
        Ok(Proof {
            expires_at: claims.expires_at,
            mac: token.mac,
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("accept_any_status", &self.0.accept_any_status)
            .field("keys", &self.0.keys)
            .field("leeway", &self.0.leeway)
            .field("max_lifetime", &self.0.max_lifetime)
            .field("refuse_test_mode", &self.0.refuse_test_mode)
            .field("require_order_id", &self.0.require_order_id)
            .field("skip_invoice_binding", &self.0.skip_invoice_binding)
            .finish_non_exhaustive()
    }
}
