use std::{
    ops::RangeInclusive,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    SecretKey, Verifier,
    token::mac::MacKeys,
    verify::verifier::{Clock, Settings},
};

/// Settings of a [`Verifier`], from [`Verifier::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cryptocloud_postback::{SecretKey, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let old = "not-a-real-key-only-for-this-example";
/// # let new = "not-a-real-key-either-for-this-example";
/// let verifier = Verifier::builder(SecretKey::new(new)?)
///     .secret(SecretKey::new(old)?)
///     .leeway(Duration::from_secs(30))
///     .refuse_test_mode(true)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct VerifierBuilder {
    accept_any_status: bool,
    clock: Clock,
    leeway: Duration,
    max_lifetime: Duration,
    project: Option<Arc<str>>,
    refuse_test_mode: bool,
    require_order_id: bool,
    secrets: Vec<SecretKey>,
    skip_invoice_binding: bool,
}

impl VerifierBuilder {
    pub(crate) fn new(secret: SecretKey) -> Self {
        Self {
            accept_any_status: false,
            clock: Box::new(SystemTime::now),
            leeway: Duration::from_secs(60),
            max_lifetime: Duration::from_secs(300),
            project: None,
            refuse_test_mode: false,
            require_order_id: false,
            secrets: vec![secret],
            skip_invoice_binding: false,
        }
    }

    /// Accepts every status, not only `success`.
    ///
    /// The handler then has to look at [`Postback::status`](crate::Postback::status) itself.
    pub fn accept_any_status(mut self, accept: bool) -> Self {
        self.accept_any_status = accept;
        self
    }

    /// Takes the time from here and not from the system's clock, for tests.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Does not compare the token's claim `id` with the invoice: **whoever holds any token of the
    /// last minutes can then confirm any invoice.**
    ///
    /// The vendor's page does not name that claim.
    /// This is for the day on which it is renamed, together with a confirmation by the vendor's API.
    pub fn dangerous_skip_invoice_binding(mut self, skip: bool) -> Self {
        self.skip_invoice_binding = skip;
        self
    }

    /// How far this machine's clock and the vendor's may be apart, in whole seconds: 60 s, unless
    /// this is called, from 0 to 300 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long a token may be valid from now, in whole seconds: 300 s, as the vendor's page says,
    /// unless this is called, from 1 s to a day.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Names the project, for logs and for [`Verified::project`](crate::Verified::project).
    pub fn project(mut self, name: impl Into<Arc<str>>) -> Self {
        self.project = Some(name.into());
        self
    }

    /// Refuses what says that it is a test payment.
    ///
    /// Only JSON says so: a form cannot be told from a real payment.
    pub fn refuse_test_mode(mut self, refuse: bool) -> Self {
        self.refuse_test_mode = refuse;
        self
    }

    /// Refuses a postback without an order id, such as one of a payment link.
    pub fn require_order_id(mut self, require: bool) -> Self {
        self.require_order_id = require;
        self
    }

    /// Accepts tokens of one more secret, while it is being replaced: four at most.
    pub fn secret(mut self, secret: SecretKey) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// Every [`BuildError`].
    pub fn build(self) -> Result<Verifier, BuildError> {
        if !LEEWAY.contains(&self.leeway.as_secs()) {
            return Err(BuildError::Leeway);
        }
        if !MAX_LIFETIME.contains(&self.max_lifetime.as_secs()) {
            return Err(BuildError::MaxLifetime);
        }
        if self.secrets.len() > MAX_SECRETS {
            return Err(BuildError::TooManySecrets);
        }
        Ok(Verifier::from_settings(Settings {
            accept_any_status: self.accept_any_status,
            clock: self.clock,
            keys: MacKeys::new(&self.secrets).ok_or(BuildError::NoBackend)?,
            leeway: self.leeway,
            max_lifetime: self.max_lifetime,
            project: self.project,
            refuse_test_mode: self.refuse_test_mode,
            require_order_id: self.require_order_id,
            skip_invoice_binding: self.skip_invoice_binding,
        }))
    }
}

impl std::fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifierBuilder").finish_non_exhaustive()
    }
}

/// Why a [`VerifierBuilder`] makes no verifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The leeway is over 300 s.
    #[error("leeway is over 300 seconds")]
    Leeway,
    /// The lifetime is under 1 s or over a day.
    #[error("maximal lifetime is not between one second and one day")]
    MaxLifetime,
    /// Neither `aws-lc-rs` nor `rust-crypto` is compiled in.
    #[error("no backend: turn on the feature aws-lc-rs or rust-crypto of cryptocloud-postback")]
    NoBackend,
    /// There are more than four secrets.
    #[error("more than four secrets")]
    TooManySecrets,
}

const LEEWAY: RangeInclusive<u64> = 0..=300;
const MAX_LIFETIME: RangeInclusive<u64> = 1..=86_400;
const MAX_SECRETS: usize = 4;
