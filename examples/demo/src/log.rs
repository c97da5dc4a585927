use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Changes,
    delivery::{Delivery, Outcome},
};

/// The newest hundred deliveries of this process, without any token.
#[derive(Clone)]
pub(crate) struct Log {
    changes: Changes,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Default)]
struct Entries {
    count: u64,
    newest_first: VecDeque<Delivery>,
    paid: HashSet<String>,
    /// Digests of the tokens, newest first.
    tokens: VecDeque<[u8; 32]>,
}

impl Log {
    pub(crate) fn new(changes: Changes) -> Self {
        Self {
            changes,
            entries: Arc::default(),
        }
    }

    pub(crate) fn keep(&self, delivery: Delivery) {
        self.entries().push(delivery);
        self.changes.tell();
    }

    /// Of copies that arrive at once, one has paid.
    pub(crate) fn keep_verified(&self, mut delivery: Delivery, token: [u8; 32], was_paid: bool) {
        let mut entries = self.entries();
        if delivery.outcome == Outcome::Paid {
            let invoice_id = delivery.invoice_id.clone().unwrap_or_default();
            if !entries.paid.insert(invoice_id) || was_paid {
                delivery.mark_duplicate(entries.tokens.contains(&token));
            }
        }
        entries.tokens.push_front(token);
        entries.tokens.truncate(LIMIT);
        entries.push(delivery);
        drop(entries);
        self.changes.tell();
    }

    pub(crate) fn newest_first(&self) -> Vec<Delivery> {
        self.entries().newest_first.iter().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn push(&mut self, mut delivery: Delivery) {
        self.count += 1;
        delivery.number = self.count;
        self.newest_first.push_front(delivery);
        self.newest_first.truncate(LIMIT);
    }
}

const LIMIT: usize = 100;
