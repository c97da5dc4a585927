use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crate::{Error, ErrorKind};

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z, as in a JWT (RFC 7519 section 2,
/// NumericDate).
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
    /// [`ErrorKind::ClockBeforeEpoch`] where the clock stands before 1970.
    pub fn now() -> Result<Self, Error> {
        SystemTime::now().try_into()
    }

    /// This much later, at most the end of time.
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

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_after_this_was_written() -> Result<(), Error> {
        assert!(UnixTime::now()? > UnixTime::from_secs(1_790_000_000));
        Ok(())
    }

    #[test]
    fn before_1970_is_an_error() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        let error = UnixTime::try_from(before).map_err(|error| error.kind());
        assert_eq!(error, Err(ErrorKind::ClockBeforeEpoch));
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        let end = UnixTime::from_secs(u64::MAX);
        assert_eq!(end.saturating_add(Duration::from_secs(60)), end);
    }
}
