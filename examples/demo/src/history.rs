use std::{
    collections::{HashMap, HashSet, VecDeque},
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cryptocloud_postback_axum::inbox::{
    Decided, Inbox, Record, ReportId, Source, State, StoreError,
};
use cryptocloud_postback_cli::Changes;
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::time;

use crate::{
    cause::Cause,
    entry::{Entry, Outcome},
};

/// The newest hundred postbacks of this process, and what the worker, reconciliation and operators did.
#[derive(Clone)]
pub(crate) struct History {
    changes: Changes,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    count: u64,
    newest_first: VecDeque<Entry>,
    is_read: bool,
    newest: Option<ReportId>,
    /// Reports that can still change, with the state and the attempts that were shown last.
    open: HashMap<ReportId, (State, u32)>,
    /// Invoices that are paid, so that none is shown as paid twice.
    paid: HashSet<String>,
    /// Invoices whose postbacks have no response yet, and how many.
    receiving: HashMap<String, usize>,
}

impl History {
    pub(crate) fn new(changes: Changes) -> Self {
        Self {
            changes,
            known: Arc::default(),
        }
    }

    pub(crate) fn newest_first(&self) -> Vec<Entry> {
        self.known().newest_first.iter().cloned().collect()
    }

    pub(crate) fn keep(&self, entry: Entry) {
        self.known().push(entry);
        self.changes.tell();
    }

    /// Until [`end`](Self::end), what happens to this invoice belongs to the response.
    pub(crate) fn begin(&self, invoice_id: &str) {
        let mut known = self.known();
        *known.receiving.entry(invoice_id.to_owned()).or_default() += 1;
    }

    /// Of copies that arrive at once, one has paid.
    pub(crate) fn end(
        &self,
        invoice_id: &str,
        entry: Entry,
        record: Option<&Record>,
        was_paid: bool,
    ) {
        let mut known = self.known();
        if let Some(count) = known.receiving.get_mut(invoice_id) {
            *count -= 1;
            if *count == 0 {
                known.receiving.remove(invoice_id);
            }
        }
        if let Some(record) = record {
            known.newest = known.newest.max(Some(record.id));
            known.follow(record);
        }
        let is_new =
            entry.outcome != Outcome::Paid || known.paid.insert(invoice_id.to_owned()) && !was_paid;
        known.push(if is_new { entry } else { entry.known() });
        drop(known);
        self.changes.tell();
    }

    /// Notes what has changed in the inbox without a postback. The first call only reads.
    pub(crate) async fn look(&self, inbox: &Inbox) -> Result<(), StoreError> {
        let (newest, open) = {
            let known = self.known();
            (known.newest, known.open.keys().copied().collect::<Vec<_>>())
        };
        let mut records = Vec::new();
        for state in State::ALL {
            records.extend(inbox.list(state, newest, 100).await?);
        }
        for id in open {
            records.extend(inbox.get(id).await?);
        }
        let mut decisions = Vec::new();
        for record in &records {
            decisions.push(match record.state {
                State::Discarded => inbox.history(record.id).await?.pop(),
                _ => None,
            });
        }
        let mut known = self.known();
        for (record, decided) in records.iter().zip(&decisions) {
            known.note(record, decided.as_ref());
        }
        let newest = records.iter().map(|record| record.id).max();
        known.newest = known.newest.max(newest);
        known.is_read = true;
        Ok(())
    }

    /// Watches the database of an inbox until the end, also for what other processes commit to it.
    pub(crate) async fn follow(&self, inbox: &Inbox, pool: &SqlitePool) {
        while !self.changes.has_ended() {
            if let Err(error) = self.watch(inbox, pool).await {
                tracing::warn!(error, "page shows no changes of the database");
            }
            time::sleep(PAUSE).await;
        }
    }

    async fn watch(
        &self,
        inbox: &Inbox,
        pool: &SqlitePool,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let options = pool.connect_options();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let mut before = None;
        while !self.changes.has_ended() {
            // Changes if another connection has committed.
            let version: i64 = sqlx::query_scalar("PRAGMA data_version")
                .fetch_one(&mut connection)
                .await?;
            if before.replace(version) != Some(version) {
                self.look(inbox).await?;
                self.changes.tell();
            }
            time::sleep(PAUSE).await;
        }
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// With the decision that has discarded it.
    fn note(&mut self, record: &Record, decided: Option<&Decided>) {
        let invoice_id = record.report.invoice_id().as_str();
        let before = self.open.get(&record.id).copied();
        let is_old = before.is_none() && Some(record.id) <= self.newest;
        if self.receiving.contains_key(invoice_id) || is_old && self.is_read {
            return;
        }
        self.follow(record);
        let is_step = match record.state {
            State::Done => self.paid.insert(invoice_id.to_owned()),
            State::Received => record.last_error.is_some(),
            State::Running => false,
            _ => true,
        };
        if self.is_read && is_step && before != Some((record.state, record.attempts)) {
            let cause = if record.accepted.is_some() || record.state == State::Discarded {
                Cause::Decision
            } else if record.report.source == Source::Reconciled {
                Cause::Reconciliation
            } else {
                Cause::Worker
            };
            let entry = Entry::of_record(cause, record);
            self.push(match decided {
                Some(decided) => entry.discarded(decided),
                None => entry,
            });
        }
    }

    fn follow(&mut self, record: &Record) {
        match record.state {
            State::Discarded | State::Done => {
                self.open.remove(&record.id);
            }
            // It is between two steps.
            State::Running => {
                self.open.entry(record.id).or_insert((record.state, 0));
            }
            state => {
                self.open.insert(record.id, (state, record.attempts));
            }
        }
    }

    fn push(&mut self, mut entry: Entry) {
        self.count += 1;
        entry.number = self.count;
        self.newest_first.push_front(entry);
        self.newest_first.truncate(LIMIT);
    }
}

const LIMIT: usize = 100;
/// Between two looks at the database, which sends no event.
const PAUSE: Duration = Duration::from_millis(100);
