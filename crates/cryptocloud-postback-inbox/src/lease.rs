use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{ClaimId, fingerprint::write_hex};

/// The right to process one payment until the lease runs out.
///
/// Stores compare the owner and the fencing number before they change anything, so one whose lease
/// was taken over by another worker is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lease {
    fence: u64,
    id: ClaimId,
    owner: Owner,
}

impl Lease {
    /// For a claim that a store has just granted.
    #[must_use]
    pub const fn new(id: ClaimId, owner: Owner, fence: u64) -> Self {
        Self { fence, id, owner }
    }

    /// The fencing number: greater with each lease of the same report.
    ///
    /// Two reports of one [`Key`](crate::Key) can get the same number from PostgreSQL, where one is
    /// released while the other is being claimed; their owners always differ.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.fence
    }

    /// The claim.
    #[must_use]
    pub const fn id(&self) -> &ClaimId {
        &self.id
    }

    /// Who holds it.
    #[must_use]
    pub const fn owner(&self) -> &Owner {
        &self.owner
    }
}

/// Names the holder of one lease: no two claims have the same one, in whatever process.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Owner([u8; 16]);

impl Owner {
    /// A new one.
    #[must_use]
    pub fn unique() -> Self {
        // It has to be unique and not secret. The standard library's hash keys come from the system's
        // random numbers, so that two processes differ, and the counter tells apart within one.
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let process = u128::from(*PROCESS) << 64;
        let count = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
        Self((process | count).to_be_bytes())
    }

    /// The name.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// In hexadecimal digits.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_owners_are_the_same() {
        let owners: std::collections::HashSet<Owner> = (0..1000).map(|_| Owner::unique()).collect();
        assert_eq!(owners.len(), 1000);
        assert_eq!(Owner([0x0a; 16]).to_string(), "0a".repeat(16));
    }
}
