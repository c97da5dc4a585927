use std::{
    fmt,
    ops::RangeInclusive,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{Error, SecretKey, UnixTime, Verifier, token::mac::MacKeys};

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
///     .also_accept(SecretKey::new(old)?)
///     .leeway(Duration::from_secs(30))
///     .project("shop")
///     .require_live_payment(true)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use]
#[derive(Debug)]
pub struct VerifierBuilder {
    secrets: Vec<SecretKey>,
    settings: Settings,
}

/// What a verifier accepts, besides its keys.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) accept_any_status: bool,
    pub(crate) clock: Clock,
    pub(crate) leeway: Duration,
    pub(crate) max_lifetime: Duration,
    pub(crate) project: Option<Arc<str>>,
    pub(crate) require_live_payment: bool,
    pub(crate) require_order_id: bool,
    pub(crate) skip_invoice_binding: bool,
}

/// A clock that panics leaves nothing half done.
pub(crate) struct Clock(AssertUnwindSafe<Box<dyn Fn() -> SystemTime + Send + Sync>>);

impl Verifier {
    /// Creates a verifier with one secret and the default settings.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError::NoBackend`] if neither feature, `aws-lc-rs` nor `rust-crypto`, is on.
    pub fn new(secret: SecretKey) -> Result<Self, BuildError> {
        Self::builder(secret).build()
    }

    /// Starts with one secret; [`also_accept`](VerifierBuilder::also_accept) adds more.
    pub fn builder(secret: SecretKey) -> VerifierBuilder {
        VerifierBuilder {
            secrets: vec![secret],
            settings: Settings {
                accept_any_status: false,
                clock: Clock::new(SystemTime::now),
                leeway: Duration::from_secs(60),
                max_lifetime: Duration::from_secs(300),
                project: None,
                require_live_payment: false,
                require_order_id: false,
                skip_invoice_binding: false,
            },
        }
    }
}

impl VerifierBuilder {
    /// Accepts every status, not only `success`.
    ///
    /// The handler then has to check [`Postback::status`](crate::Postback::status) itself.
    /// Defaults to `false`.
    pub fn accept_any_status(mut self, accept: bool) -> Self {
        self.settings.accept_any_status = accept;
        self
    }

    /// Accepts tokens of one more secret as well, so that a secret can be replaced without losing a
    /// payment.
    ///
    /// A verifier has four secrets at most.
    pub fn also_accept(mut self, secret: SecretKey) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Overrides the clock, for tests.
    ///
    /// Defaults to [`SystemTime::now`].
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.settings.clock = Clock::new(clock);
        self
    }

    /// Does not compare the token's claim `id` with the invoice: **a sender with any token of the
    /// last minutes can then confirm any invoice.**
    ///
    /// The vendor's page does not name that claim.
    /// This is for the day on which the vendor renames it, together with a confirmation through the
    /// vendor's API.
    /// Defaults to `false`.
    pub fn dangerous_skip_invoice_binding(mut self, skip: bool) -> Self {
        self.settings.skip_invoice_binding = skip;
        self
    }

    /// How far this machine's clock and the vendor's may differ, in whole seconds from 0 to 300 s.
    ///
    /// Defaults to 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// How long a token may still be valid, in whole seconds from 1 s to one day.
    ///
    /// Defaults to 300 s, which the vendor's page documents.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.max_lifetime = lifetime;
        self
    }

    /// Names the project, for [`Verified::project`](crate::Verified::project),
    /// [`Error::project`](crate::Error::project) and the log.
    ///
    /// Defaults to no name.
    pub fn project(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.project = Some(name.into());
        self
    }

    /// Refuses every postback that does not say that it is for a live payment.
    ///
    /// Only JSON with `"test_mode": false` in `invoice_info` says so.
    /// A test payment is refused as [`TestModeRefused`](crate::ErrorKind::TestModeRefused); a form,
    /// and JSON without a readable `test_mode`, as
    /// [`TestModeUnknown`](crate::ErrorKind::TestModeUnknown).
    /// The token signs none of this, so it keeps out the vendor's test payments, not an attacker.
    /// Defaults to `false`.
    pub fn require_live_payment(mut self, require: bool) -> Self {
        self.settings.require_live_payment = require;
        self
    }

    /// Refuses a postback without an order id, such as one of a payment link.
    ///
    /// Defaults to `false`.
    pub fn require_order_id(mut self, require: bool) -> Self {
        self.settings.require_order_id = require;
        self
    }

    /// Builds the verifier.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if a setting is out of its bounds, if there are more than four secrets,
    /// or if no backend is compiled in.
    pub fn build(self) -> Result<Verifier, BuildError> {
        if !LEEWAY.contains(&self.settings.leeway.as_secs()) {
            return Err(BuildError::Leeway);
        }
        if !MAX_LIFETIME.contains(&self.settings.max_lifetime.as_secs()) {
            return Err(BuildError::MaxLifetime);
        }
        if self.secrets.len() > MAX_SECRETS {
            return Err(BuildError::TooManySecrets);
        }
        let keys = MacKeys::new(&self.secrets).ok_or(BuildError::NoBackend)?;
        #[cfg(feature = "metrics")]
        crate::metrics::begin(self.settings.project.as_deref());
        Ok(Verifier::from_parts(keys, self.settings))
    }
}

impl Clock {
    fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(AssertUnwindSafe(Box::new(clock)))
    }

    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        (self.0.0)().try_into()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

/// Why a [`VerifierBuilder`] cannot build a verifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The leeway is over 300 s.
    #[error("leeway is over 300 seconds")]
    Leeway,
    /// The lifetime is under 1 s or over a day.
    #[error("maximum lifetime is not between one second and one day")]
    MaxLifetime,
    /// Neither feature, `aws-lc-rs` nor `rust-crypto`, is on.
    #[error("no backend: turn on the feature aws-lc-rs or rust-crypto of cryptocloud-postback")]
    NoBackend,
    /// There are more than four secrets.
    #[error("more than four secrets")]
    TooManySecrets,
}

const LEEWAY: RangeInclusive<u64> = 0..=300;
const MAX_LIFETIME: RangeInclusive<u64> = 1..=86_400;
const MAX_SECRETS: usize = 4;
