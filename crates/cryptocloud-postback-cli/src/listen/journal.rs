use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    forward::Exchange, request::StoredRequest, resend::Resend, verification::Verification,
};
use crate::Changes;
use axum::http::StatusCode;

/// The latest postbacks, each with the revision of the journal in which it last changed.
///
/// A reader asks for what changed since the revision that it saw last.
/// So a slow reader skips what was between, costs no memory, and can reconnect at any time.
pub(super) struct Journal {
    pub(super) changes: Changes,
    keep: usize,
    state: Mutex<State>,
}

struct State {
    entries: VecDeque<Entry>,
    next_id: u64,
    revision: u64,
}

/// A stored postback.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) forwarding: Forwarding,
    pub(super) id: u64,
    pub(super) record: Arc<Record>,
    revision: u64,
}

/// What is known about a postback when it arrives.
pub(super) struct Record {
    /// In milliseconds since 1970.
    pub(super) received_at: u64,
    pub(super) request: StoredRequest,
    pub(super) resend: Option<Resend>,
    pub(super) verification: Verification,
}

/// Whether a postback is forwarded.
#[derive(Clone)]
pub(super) enum Forwarding {
    Done(Arc<Exchange>),
    /// There is no `--forward`, or the body is incomplete.
    None,
    Pending,
}

/// The changes since a revision.
pub(super) struct Update {
    pub(super) entries: Vec<Entry>,
    /// The oldest stored id.
    pub(super) oldest: u64,
    pub(super) revision: u64,
}

impl Entry {
    pub(super) fn exchange(&self) -> Option<&Exchange> {
        match &self.forwarding {
            Forwarding::Done(exchange) => Some(exchange),
            Forwarding::None | Forwarding::Pending => None,
        }
    }

    /// The status of the response, once there is one.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match &self.forwarding {
            Forwarding::Done(exchange) => Some(exchange.status()),
            Forwarding::None => Some(self.record.verification.response.status),
            Forwarding::Pending => None,
        }
    }
}

impl Journal {
    pub(super) fn new(keep: usize) -> Self {
        Self {
            changes: Changes::new(),
            keep,
            state: Mutex::new(State {
                entries: VecDeque::new(),
                next_id: 1,
                revision: 0,
            }),
        }
    }

    /// Adds a postback, drops the oldest if there are too many, and returns the new id.
    pub(super) fn push(&self, record: Arc<Record>, forwarding: Forwarding) -> u64 {
        self.change(|state| {
            let id = state.next_id;
            state.next_id = id.saturating_add(1);
            state.entries.push_back(Entry {
                forwarding,
                id,
                record,
                revision: state.revision,
            });
            if state.entries.len() > self.keep {
                state.entries.pop_front();
            }
            id
        })
    }

    /// Stores how forwarding ended, unless the postback was dropped meanwhile.
    pub(super) fn complete(&self, id: u64, exchange: Exchange) {
        self.change(|state| {
            if let Some(entry) = state.entries.iter_mut().find(|entry| entry.id == id) {
                entry.forwarding = Forwarding::Done(Arc::new(exchange));
                entry.revision = state.revision;
            }
        });
    }

    pub(super) fn clear(&self) {
        self.change(|state| state.entries.clear());
    }

    pub(super) fn find(&self, id: u64) -> Option<Entry> {
        let state = self.state();
        state.entries.iter().find(|entry| entry.id == id).cloned()
    }

    pub(super) fn since(&self, revision: u64) -> Update {
        let state = self.state();
        let changed = |entry: &&Entry| entry.revision > revision;
        Update {
            entries: state.entries.iter().filter(changed).cloned().collect(),
            oldest: state
                .entries
                .front()
                .map_or(state.next_id, |entry| entry.id),
            revision: state.revision,
        }
    }

    /// Changes the state under a new revision, and notifies the readers.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        state.revision = state.revision.saturating_add(1);
        let result = change(&mut state);
        drop(state);
        self.changes.tell();
        result
    }

    /// No panic leaves the state inconsistent, so poisoning is ignored.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
