use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::StatusCode;
use tokio::sync::watch;

use super::{forward::Exchange, request::StoredRequest, verification::Verification};

/// The last postbacks, each with the revision of the journal that it was last changed in.
///
/// A reader asks for what changed since the revision that it saw.
/// So a slow one skips what is between, nothing is kept for it, and one that comes back goes on where
/// it was.
pub(super) struct Journal {
    keep: usize,
    /// Notified at each change; false at the end.
    open: watch::Sender<bool>,
    state: Mutex<State>,
}

struct State {
    entries: VecDeque<Entry>,
    next_id: u64,
    revision: u64,
}

/// A postback that is kept.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) delivery: Delivery,
    pub(super) id: u64,
    pub(super) record: Arc<Record>,
    revision: u64,
}

/// What is known of a postback when it arrives.
pub(super) struct Record {
    pub(super) arrival: StoredRequest,
    pub(super) judgement: Verification,
    /// In milliseconds since 1970.
    pub(super) received_at: u64,
    pub(super) resend_of: Option<u64>,
}

/// What became of passing a postback on.
#[derive(Clone)]
pub(super) enum Delivery {
    Done(Arc<Exchange>),
    /// Nobody asked for it, or it cannot be done.
    None,
    Pending,
}

/// What changed.
pub(super) struct Update {
    pub(super) entries: Vec<Entry>,
    /// All before this one are gone.
    pub(super) oldest: u64,
    pub(super) revision: u64,
}

impl Entry {
    /// That of the answer, once there is one.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match &self.delivery {
            Delivery::Done(exchange) => Some(exchange.answer().status),
            Delivery::None => Some(self.record.judgement.answer.status),
            Delivery::Pending => None,
        }
    }
}

impl Journal {
    pub(super) fn new(keep: usize) -> Self {
        Self {
            keep,
            open: watch::Sender::new(true),
            state: Mutex::new(State {
                entries: VecDeque::new(),
                next_id: 1,
                revision: 0,
            }),
        }
    }

    /// Adds one, drops the oldest where there are too many, and returns its id.
    pub(super) fn push(&self, record: Arc<Record>, delivery: Delivery) -> u64 {
        let mut state = self.change();
        let id = state.next_id;
        state.next_id = id.saturating_add(1);
        let revision = state.revision;
        state.entries.push_back(Entry {
            delivery,
            id,
            record,
            revision,
        });
        if state.entries.len() > self.keep {
            state.entries.pop_front();
        }
        id
    }

    /// Notes the answer of the server behind, unless the postback is gone by now.
    pub(super) fn deliver(&self, id: u64, exchange: Exchange) {
        let mut state = self.change();
        let revision = state.revision;
        if let Some(entry) = state.entries.iter_mut().find(|entry| entry.id == id) {
            entry.delivery = Delivery::Done(Arc::new(exchange));
            entry.revision = revision;
        }
    }

    pub(super) fn clear(&self) {
        self.change().entries.clear();
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

    /// Is notified at each change; its value is false at the end.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Ends the streams of all readers.
    pub(super) fn close(&self) {
        self.open.send_replace(false);
    }

    pub(super) async fn closed(&self) {
        // The sender is ours, so the channel stays.
        let _ = self.watch().wait_for(|open| !open).await;
    }

    fn change(&self) -> Change<'_> {
        let mut state = self.state();
        state.revision = state.revision.saturating_add(1);
        Change {
            open: &self.open,
            state,
        }
    }

    /// No panic leaves the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state while it is changed; readers are notified after it.
struct Change<'a> {
    open: &'a watch::Sender<bool>,
    state: MutexGuard<'a, State>,
}

impl Deref for Change<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        // A reader that comes too early waits for the lock. What is closed stays closed.
        self.open.send_modify(|_| {});
    }
}
