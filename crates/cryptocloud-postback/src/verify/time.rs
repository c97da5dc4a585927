use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crate::{Error, ErrorKind};

/// A time in whole seconds since 1970-01-01T00:00:00Z: the NumericDate of a JWT (RFC 7519 section 2).
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use cryptocloud_postback::UnixTime;
///
/// let time = UnixTime::from_secs(1_767_262_995);
/// let system_time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_262_995);
/// assert_eq!(SystemTime::from(time), system_time);
/// assert_eq!(UnixTime::try_from(system_time)?, time);
/// # Ok::<_, cryptocloud_postback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixTime(u64);

impl UnixTime {
    /// From seconds since 1970.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Reads the system's clock.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::ClockBeforeEpoch`] if the clock is set before 1970.
    pub fn now() -> Result<Self, Error> {
        SystemTime::now().try_into()
    }

    /// Adds a duration, without its fraction of a second; saturates at the largest value.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }
}

impl TryFrom<SystemTime> for UnixTime {
    type Error = Error;

    fn try_from(time: SystemTime) -> Result<Self, Error> {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Ok(Self(since.as_secs())),
            Err(_) => Err(Error::bare(ErrorKind::ClockBeforeEpoch)),
        }
    }
}

/// A time after the year 9999, which not every platform can hold, becomes the end of that year.
impl From<UnixTime> for SystemTime {
    fn from(time: UnixTime) -> Self {
        Self::UNIX_EPOCH + Duration::from_secs(time.0.min(END_OF_9999))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const END_OF_9999: u64 = 253_402_300_799;
