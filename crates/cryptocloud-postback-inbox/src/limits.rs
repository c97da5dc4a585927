use std::time::Duration;

/// How long each part of an attempt may take.
///
/// The store enforces `statement`, `idle_in_transaction` and `lock` on the server, where it can, so
/// that a stopped process does not hold up other payments.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Asking the vendor, with [`InboxBuilder::confirm`](crate::InboxBuilder::confirm). Defaults to
    /// 10 s. The lease covers it and `statement` together.
    pub confirm: Duration,
    /// The handler, in total. Defaults to 10 s; SQLite stores cut it to 2 s.
    pub handler: Duration,
    /// One statement. Defaults to 5 s.
    pub statement: Duration,
    /// A pause between two statements of a transaction. Defaults to 10 s.
    pub idle_in_transaction: Duration,
    /// Waiting for a lock. Defaults to 2 s.
    pub lock: Duration,
    /// The lease: after this long another worker takes over. Defaults to 30 s. It covers `handler`,
    /// `statement` and `idle_in_transaction` together.
    pub lease: Duration,
    /// How long a postback waits for the handler before it gets a 503, while the work goes on.
    /// Defaults to 5 s.
    pub response: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            confirm: Duration::from_secs(10),
            handler: Duration::from_secs(10),
            statement: Duration::from_secs(5),
            idle_in_transaction: Duration::from_secs(10),
            lock: Duration::from_secs(2),
            lease: Duration::from_secs(30),
            response: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// Whether a worker that keeps the other limits renews its lease after confirmation in time.
    pub(crate) fn cover_confirmation(&self) -> bool {
        self.confirm.saturating_add(self.statement) <= self.lease
    }

    /// Whether a worker that keeps the other limits is finished before its lease ends.
    pub(crate) fn are_covered_by_lease(&self) -> bool {
        let longest = [self.statement, self.idle_in_transaction]
            .into_iter()
            .fold(self.handler, Duration::saturating_add);
        longest <= self.lease
    }
}
