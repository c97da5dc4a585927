use std::fmt;

/// A fencing token: tells a worker's claim from the claims before and after it.
///
/// A report's first fence is random and each claim adds one, so a store that lost its data and
/// stored the report again does not accept the moves of a worker from before.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fence(i64);

impl Fence {
    /// A random fence, for a new report: at least 1, below 2⁴⁸, which leaves room to grow even in
    /// Lua, whose numbers are exact up to 2⁵³.
    #[must_use]
    pub fn first() -> Self {
        Self(rand::random_range(1..1 << 48))
    }

    /// The fence of the next claim.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Reads a store's column.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The value for a store's column.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
