use std::{collections::HashSet, fmt, panic::AssertUnwindSafe, sync::Arc, thread, time::Duration};

use cryptocloud_postback::{OffsetDateTime, UnixTime};
use cryptocloud_postback_inbox::{Begin, Fields, Identity, Inbox, Refusal, Report, Turn};
use futures_util::{FutureExt, TryStreamExt};
use time::Date;
use tokio::time::sleep;

use super::{
    Found, Outcome, ReconcileError, ReconcileErrorKind, ReconcilerBuilder, Reconciliation, fields,
    rest::paid_beyond,
};
use crate::{ApiError, ApiErrorKind, Confirmer, Invoice};

/// Finds payments whose postback never came: asks the vendor which invoices are paid, and stores
/// those that the inbox does not know.
///
/// The inbox then handles such a payment like any other; its
/// [source](cryptocloud_postback_inbox::Payment::source) says where it comes from.
/// A postback that comes before, meanwhile or later is the same payment.
///
/// - Of many processes with the same store, one at a time has the turn.
/// - The first turn stores when it was. It ignores payments from before that time, so an account
///   with a history, a new store and a renamed project credit nothing twice; see
///   [`backfill`](Self::backfill).
/// - A turn that fails is repeated, and the next one looks back as far as needed, but no further than
///   the inbox's retention.
/// - Nothing that an operator discarded is credited.
/// - If the vendor states more as paid than what operators accepted or discarded of an invoice, the rest
///   waits for an operator, once, and no worker credits it. A report that the handler settled by itself
///   stays known.
///
/// A clone costs an `Arc`.
///
/// # Examples
///
/// ```no_run
/// use cryptocloud_postback_api::{Confirmer, Reconciler, inbox::Inbox};
///
/// # fn run(inbox: Inbox, confirmer: Confirmer) -> Result<(), Box<dyn std::error::Error>> {
/// // Until the inbox drains.
/// Reconciler::builder(inbox, confirmer).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Reconciler(pub(super) Arc<ReconcilerBuilder>);

impl Reconciler {
    /// Begins to set up reconciliation of this inbox, by the source and the policy of this confirmer.
    pub fn builder(inbox: Inbox, confirmer: Confirmer) -> ReconcilerBuilder {
        ReconcilerBuilder {
            confirmer,
            inbox,
            interval: Duration::from_secs(300),
            open: None,
            window: 7 * DAY,
        }
    }

    /// Takes turns until this future is dropped. Errors are logged, and tried again with the next
    /// turn. While the store fails, the pause grows from the interval to 30 s.
    ///
    /// Drop it before [`Inbox::drain`], which then leaves the turn to another process, or let
    /// [`start`](ReconcilerBuilder::start) do so.
    pub async fn run(&self) {
        let poll = (self.0.interval / 10).clamp(SHORTEST_POLL, LONGEST_POLL);
        let interval = self.0.interval.clamp(poll, LONGEST_POLL);
        let mut pause = poll;
        loop {
            // A panic of the merchant's own source must not end reconciliation.
            let turn = AssertUnwindSafe(self.run_once(Begin::IfDue)).catch_unwind();
            match turn.await {
                Ok(Ok(_)) => pause = poll,
                Ok(Err(error)) => {
                    // The store then does not know when the next turn is due.
                    pause = if error.kind() == ReconcileErrorKind::Store {
                        (2 * pause).clamp(interval, LONGEST_POLL)
                    } else {
                        poll
                    };
                    let cause = std::error::Error::source(&error).map(tracing::field::display);
                    tracing::warn!(cause, "reconciliation failed, and is tried again: {error}");
                }
                Err(_) => tracing::error!("reconciliation panicked"),
            }
            sleep(less_up_to_a_quarter(pause)).await;
        }
    }

    /// Takes one turn, for a scheduler that starts a process every so often, or for an operator.
    /// Returns `None` if another process has the turn or, with [`Begin::IfDue`], if it is not due.
    ///
    /// # Errors
    ///
    /// Returns an error if the vendor, the store or your own [`OpenInvoices`](crate::OpenInvoices)
    /// failed. What was found before is stored.
    pub async fn run_once(&self, begin: Begin) -> Result<Option<Reconciliation>, ReconcileError> {
        let Self(setup) = self;
        let lease = setup.interval.saturating_mul(2).max(SHORTEST_LEASE);
        let Some(turn) = setup.inbox.begin_reconciliation(lease, begin).await? else {
            return Ok(None);
        };
        let next = less_up_to_a_quarter(setup.interval);
        let mut interrupted = Interrupted {
            inbox: &setup.inbox,
            next,
            turn: Some(turn.clone()),
        };
        let result = self.take(&turn).await;
        let cursor = result.as_ref().ok().map(|(until, _)| *until);
        let ended = setup.inbox.end_reconciliation(&turn, cursor, next).await;
        interrupted.turn = None;
        let (_, counts) = result?;
        match ended {
            // It took so long that another process began: that one has the cursor.
            Err(error) if error.refusal() == Some(Refusal::Stale) => {
                tracing::debug!("turn of reconciliation was longer than its lease");
            }
            ended => ended?,
        }
        if turn.cursor.is_none() && counts.too_old > 0 {
            tracing::warn!(
                count = counts.too_old,
                "paid invoices from before the first reconciliation are left alone: \
                 see `Reconciler::backfill`"
            );
        }
        if counts.stored > 0 {
            tracing::info!(?counts, "reconciliation found payments");
        } else {
            tracing::debug!(?counts, "reconciliation found nothing new");
        }
        Ok(Some(counts))
    }

    /// Stores the payments since that time that the inbox does not know, also from before the first
    /// turn; with `dry_run` it only lists them.
    ///
    /// Run it dry first.
    /// An order that was fulfilled by other means is not in the inbox, and your handler sees it as
    /// paid now; the same holds for all that the inbox forgot, by
    /// [`forget_identities`](cryptocloud_postback_inbox::InboxBuilder::forget_identities) or because
    /// its store is new.
    ///
    /// # Errors
    ///
    /// As [`run_once`](Self::run_once). What was found before is stored, unless this is a dry run.
    pub async fn backfill(
        &self,
        from: UnixTime,
        dry_run: bool,
    ) -> Result<Vec<Found>, ReconcileError> {
        let Self(setup) = self;
        let now = setup.inbox.store().now().await?;
        let mut stated = setup
            .confirmer
            .source()
            .list(first_day(from)?, last_day(now)?);
        let mut found = Vec::new();
        while let Some(invoice) = stated.try_next().await? {
            let is_old = is_before(invoice.dated(), from);
            if let Outcome::Stored(id) = self.consider(&invoice, is_old, dry_run).await? {
                found.push(Found { invoice, id });
            }
        }
        Ok(found)
    }

    /// Returns until when everything is known now.
    async fn take(&self, turn: &Turn) -> Result<(UnixTime, Reconciliation), ReconcileError> {
        let Self(setup) = self;
        let source = setup.confirmer.source();
        let now = setup.inbox.store().now().await?;
        // Older ones may be forgotten, and would be credited again.
        let oldest = less(now, setup.inbox.retention());
        let last = turn.cursor.unwrap_or(now).min(now);
        let from = less(last, setup.window).max(oldest);
        let since = turn.started_at.max(oldest);

        let mut counts = Reconciliation::default();
        let mut listed = HashSet::new();
        let mut stated = source.list(first_day(from)?, last_day(now)?);
        while let Some(invoice) = stated.try_next().await? {
            listed.insert(invoice.id().clone());
            let is_old = is_before(invoice.dated(), since);
            counts.count(self.consider(&invoice, is_old, false).await?);
        }
        if let Some(open) = &setup.open {
            let open = open.open_invoices().await;
            let mut open =
                open.map_err(|e| ReconcileError::new(ReconcileErrorKind::OpenInvoices, e))?;
            open.retain(|id| !listed.contains(id));
            self.consider_open(&open, since, &mut counts).await?;
        }
        Ok((now, counts))
    }

    /// Stores an invoice if it is paid, not too old, and the inbox does not know it.
    pub(super) async fn consider(
        &self,
        stated: &Invoice,
        is_old: bool,
        dry_run: bool,
    ) -> Result<Outcome, ReconcileError> {
        let inbox = &self.0.inbox;
        if let Err(kind) = self.0.confirmer.policy().judge(stated) {
            return Ok(Outcome::NotConfirmed(kind));
        }
        if is_old {
            return Ok(Outcome::TooOld);
        }
        let identity = Identity::new(inbox.project(), stated.id().clone());
        let report = Report::reconciled(identity, fields(stated));
        let policy = self.0.confirmer.policy();
        let paid_beyond = |said: &Fields| paid_beyond(policy, said, stated);
        let stored = if dry_run {
            let checked = inbox.check_reconcile(&report, paid_beyond).await;
            checked.map(|()| None)
        } else {
            inbox.reconcile(&report, paid_beyond).await.map(Some)
        };
        match stored {
            Ok(id) => {
                if let Some(id) = id {
                    let invoice_id = stated.id().as_str();
                    tracing::info!(?invoice_id, %id, "reconciliation found a payment");
                }
                Ok(Outcome::Stored(id))
            }
            Err(error) => match error.refusal() {
                Some(Refusal::Blocked | Refusal::Held | Refusal::Known) => Ok(Outcome::Known),
                Some(Refusal::Discarded) => Ok(Outcome::Discarded),
                _ => Err(error.into()),
            },
        }
    }
}

/// Whether this is before that time, or not known.
pub(super) fn is_before(dated: Option<OffsetDateTime>, time: UnixTime) -> bool {
    let dated = dated.and_then(|dated| u64::try_from(dated.unix_timestamp()).ok());
    dated.is_none_or(|dated| dated < time.as_secs())
}

/// Ends a turn that is dropped or panics, which would keep its lease.
struct Interrupted<'a> {
    inbox: &'a Inbox,
    next: Duration,
    turn: Option<Turn>,
}

impl Drop for Interrupted<'_> {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            // A process that ends leaves the turn to another one at once.
            let next = if thread::panicking() {
                self.next
            } else {
                Duration::ZERO
            };
            self.inbox.interrupt_reconciliation(turn, next);
        }
    }
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler")
            .field("confirmer", &self.0.confirmer)
            .field("interval", &self.0.interval)
            .field("window", &self.0.window)
            .finish_non_exhaustive()
    }
}

/// So that processes that begin together do not go on together.
fn less_up_to_a_quarter(duration: Duration) -> Duration {
    duration.mul_f64(rand::random_range(0.75..1.0))
}

fn less(time: UnixTime, duration: Duration) -> UnixTime {
    UnixTime::from_secs(time.as_secs().saturating_sub(duration.as_secs()))
}

/// The day before, since it is not documented in which time zone the vendor counts days.
fn first_day(time: UnixTime) -> Result<Date, ApiError> {
    day(less(time, DAY))
}

/// The day after.
fn last_day(time: UnixTime) -> Result<Date, ApiError> {
    day(time.saturating_add(DAY))
}

fn day(time: UnixTime) -> Result<Date, ApiError> {
    let seconds = i64::try_from(time.as_secs()).ok();
    seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .map(OffsetDateTime::date)
        .ok_or_else(|| ApiError::new(ApiErrorKind::Request))
}

const DAY: Duration = Duration::from_secs(86_400);
const LONGEST_POLL: Duration = Duration::from_secs(30);
const SHORTEST_LEASE: Duration = Duration::from_secs(10);
const SHORTEST_POLL: Duration = Duration::from_millis(200);
