use std::{fmt, sync::Arc};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    Expected, InvoiceId, Mismatch, Postback, Report, TraceContext, UnixTime, http::watch::Watch,
};

/// A postback with a valid token for its invoice.
///
/// Only a [`Verifier`](crate::Verifier) creates one.
#[derive(Clone)]
#[must_use]
pub struct Verified {
    project: Option<Arc<str>>,
    proof: Proof,
    reported: Postback,
    watch: Watch,
}

/// What a token proved.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) expires_at: UnixTime,
    pub(crate) mac: Vec<u8>,
}

impl Verified {
    pub(crate) fn new(
        reported: Postback,
        proof: Proof,
        project: Option<Arc<str>>,
        watch: Watch,
    ) -> Self {
        Self {
            project,
            proof,
            reported,
            watch,
        }
    }

    /// The invoice that the token was issued for: **proven**, unless the verifier was built with
    /// [`dangerous_skip_invoice_binding`](crate::VerifierBuilder::dangerous_skip_invoice_binding).
    #[must_use]
    pub fn invoice_id(&self) -> &InvoiceId {
        &self.reported.invoice_id
    }

    /// When the token expires: **proven**.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.proof.expires_at
    }

    /// SHA-256 of the token's MAC: **proven**, and safe to log.
    ///
    /// Two postbacks have the same digest if they carry the same token.
    /// A resend carries a new one, so do not use this as an idempotency key; use the
    /// [invoice id](Self::invoice_id).
    #[must_use]
    pub fn token_digest(&self) -> [u8; 32] {
        Sha256::digest(&self.proof.mac).into()
    }

    /// The project of the verifier, if it was [named](crate::VerifierBuilder::project).
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Everything that the body reports. The token does **not** sign it.
    #[must_use]
    pub fn reported(&self) -> &Postback {
        &self.reported
    }

    /// The body as it arrived, for an audit log.
    ///
    /// It holds the token, which can confirm this invoice until it expires: keep it out of logs that
    /// others can read.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.reported.body
    }

    /// How long ago the head of its request was checked.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.watch.timer().elapsed()
    }

    /// The trace that the postback is part of: with the feature `opentelemetry` and a layer for it, that
    /// of its [span](Self::span), otherwise what the headers of the request say, if anything.
    #[must_use]
    pub fn trace_context(&self) -> Option<&TraceContext> {
        self.watch.trace()
    }

    /// The span of the postback, which began with the head of its request and ends when the last clone
    /// of this value is dropped.
    ///
    /// Run what you do with the postback in it, for instance by `tracing::Instrument`. An inbox does so
    /// by itself.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn span(&self) -> &tracing::Span {
        self.watch.span()
    }

    /// Compares what is proven and what is reported with the merchant's own record.
    ///
    /// # Errors
    ///
    /// Returns a [`Mismatch`] that lists every difference.
    ///
    /// # Examples
    ///
    /// ```
    /// use cryptocloud_postback::{Amount, Expected, InvoiceId, Mismatch, Verified};
    ///
    /// fn check(postback: &Verified, invoice_id: InvoiceId, price: Amount) -> Result<(), Mismatch> {
    ///     postback.check(&Expected::invoice(invoice_id).usd(price))
    /// }
    /// ```
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        let info = if expected.reads_info() {
            self.reported.invoice_info()
        } else {
            None
        };
        expected.check(&Report {
            invoice_id: &self.reported.invoice_id,
            order_id: self.reported.order_id.as_deref(),
            amount_crypto: self.reported.amount_crypto,
            currency: self.reported.currency.as_ref(),
            invoice_info: info.as_ref(),
            is_stated: false,
        })
    }
}

/// Without the MAC and the body.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("expires_at", &self.proof.expires_at)
            .field("project", &self.project)
            .field("reported", &self.reported)
            .finish_non_exhaustive()
    }
}
