//! The claims of a token whose MAC was verified.

use std::time::Duration;

use crate::{
    Error, ErrorKind, InvoiceId, UnixTime,
    body::value::Value,
    token::segments::{self, Token},
};

/// What a token says; the vendor's tokens that were seen have `id` and `exp` and nothing else.
#[derive(Debug)]
pub(crate) struct Claims<'b> {
    pub(crate) expires_at: UnixTime,
    id: Value<'b>,
    issued_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
}

impl<'b> Claims<'b> {
    /// Decodes into `buffer`. Call it only after the MAC was verified (RFC 7515 section 5.2).
    pub(crate) fn read(
        token: &Token<'_>,
        buffer: &'b mut [u8; segments::MAX_BYTES],
    ) -> Result<Self, Error> {
        let [id, exp, nbf, iat] =
            segments::read_segment(token.claims, buffer, &NAMES, ErrorKind::TokenClaims)?;
        let missing = || Error::field(ErrorKind::TokenClaims, "exp", "is missing");
        Ok(Self {
            expires_at: numeric_date("exp", &exp)?.ok_or_else(missing)?,
            id,
            issued_at: numeric_date("iat", &iat)?,
            not_before: numeric_date("nbf", &nbf)?,
        })
    }

    /// Checks the token's times (RFC 7519 sections 4.1.4 to 4.1.6).
    ///
    /// A token that is valid for longer than the vendor ever issues one is refused too: it could
    /// confirm this invoice again for as long.
    pub(crate) fn check_time(
        &self,
        now: UnixTime,
        leeway: Duration,
        max_lifetime: Duration,
    ) -> Result<(), Error> {
        let latest = now.saturating_add(leeway);
        let is_late = |time: Option<UnixTime>| time.is_some_and(|time| time > latest);
        let (kind, claim, problem) = if now >= self.expires_at.saturating_add(leeway) {
            (ErrorKind::TokenExpired, "exp", "is in the past")
        } else if self.expires_at > latest.saturating_add(max_lifetime) {
            (ErrorKind::TokenLifetime, "exp", "is too far in the future")
        } else if is_late(self.not_before) {
            (ErrorKind::TokenNotYetValid, "nbf", "is in the future")
        } else if is_late(self.issued_at) {
            (ErrorKind::TokenNotYetValid, "iat", "is in the future")
        } else {
            return Ok(());
        };
        Err(Error::field(kind, claim, problem))
    }

    /// Binds the token to the invoice that the body names.
    pub(crate) fn check_invoice(&self, invoice_id: &InvoiceId) -> Result<(), Error> {
        let problem = match &self.id {
            Value::String(id) if invoice_id.is_named_by(id) => return Ok(()),
            Value::Missing => "is missing",
            Value::String(_) => "names another invoice",
            _ => "is not a string",
        };
        Err(Error::field(ErrorKind::InvoiceMismatch, "id", problem))
    }
}

/// Whole seconds only: a fraction, a string and null are refused.
fn numeric_date(name: &'static str, value: &Value<'_>) -> Result<Option<UnixTime>, Error> {
    let seconds = match value {
        Value::Missing => return Ok(None),
        Value::Number(text) => text.parse().ok(),
        _ => None,
    };
    let problem = "is not a whole number of seconds";
    let seconds = seconds.ok_or_else(|| Error::field(ErrorKind::TokenClaims, name, problem))?;
    Ok(Some(UnixTime::from_secs(seconds)))
}

const NAMES: [&str; 4] = ["id", "exp", "nbf", "iat"];
