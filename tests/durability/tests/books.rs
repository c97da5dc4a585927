use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use cryptocloud_postback_inbox::{Inbox, State};
use tokio::{sync::watch, time};

use crate::{
    HANG, TestResult, eventually,
    place::{Kind, Place},
    sender::{Response, Sender, postback},
};

/// Which invoices were sent, each once, and with what response.
pub(crate) struct Books {
    responses: Mutex<BTreeMap<String, Response>>,
    counts: watch::Sender<Counts>,
    sender: Sender,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: usize,
    pub(crate) later: usize,
    pub(crate) sent: usize,
}

/// What the books say in the end.
#[derive(Debug)]
pub(crate) struct Balance {
    pub(crate) sent: usize,
    pub(crate) accepted: usize,
    /// The postbacks that are in the store before the import.
    pub(crate) stored: usize,
    /// The postbacks that the log has.
    pub(crate) logged: usize,
}

impl Books {
    pub(crate) fn new() -> TestResult<Self> {
        Ok(Self {
            responses: Mutex::default(),
            counts: watch::Sender::default(),
            sender: Sender::new()?,
        })
    }

    /// Sends the only postback of an invoice.
    pub(crate) async fn send(&self, url: &str, invoice: &str) -> Response {
        let response = self.sender.send(url, &postback(invoice, 0)).await;
        let mut responses = self.responses();
        let before = responses.insert(invoice.to_owned(), response);
        drop(responses);
        assert!(
            matches!(before, None | Some(Response::Unreached)),
            "{invoice} was sent twice"
        );
        self.counts.send_modify(|counts| match response {
            Response::Accepted => {
                counts.sent += 1;
                counts.accepted += 1;
            }
            Response::Later => {
                counts.sent += 1;
                counts.later += 1;
            }
            Response::Lost => counts.sent += 1,
            Response::Unreached => {}
        });
        response
    }

    /// Waits until the counts say so.
    pub(crate) async fn wait_for(&self, holds: impl Fn(&Counts) -> bool) -> TestResult {
        let mut counts = self.counts.subscribe();
        time::timeout(HANG, counts.wait_for(|counts| holds(counts))).await??;
        Ok(())
    }

    /// Waits until this many more payments get a 200: the service is back.
    pub(crate) async fn goes_on(&self, more: usize) -> TestResult {
        let accepted = self.counts.borrow().accepted + more;
        self.wait_for(|counts| counts.accepted >= accepted).await
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Waits until the workers have nothing left to do, and checks that every postback that was
    /// stored is paid, that none got a 200 without being stored, and none a 503 without being either
    /// stored or in the log. Then it imports the log, and checks that what is in it is paid too.
    ///
    /// A postback without any response that is not in the store was never received: its process was
    /// killed before. It is not counted.
    pub(crate) async fn close(&self, place: &Place) -> TestResult<Balance> {
        let responses = self.responses().clone();
        let operator = place.operator.as_ref().ok_or("memory has no books")?;
        is_idle(operator).await?;
        let lost = place.lost()?;
        let logged: BTreeSet<&str> = lost
            .iter()
            .map(|lost| lost.0.invoice_id().as_str())
            .collect();
        let stored = self
            .check_stored(place, operator, &responses, &logged)
            .await?;
        for lost in &lost {
            operator.import(&lost.0).await?;
        }
        is_idle(operator).await?;
        let effects = place.ledger.effects().await?;
        for invoice in &logged {
            check_paid(place.kind, invoice, effects.get(*invoice));
        }
        let known: BTreeSet<&String> = effects.keys().collect();
        let sent: BTreeSet<&String> = responses.keys().collect();
        assert!(known.is_subset(&sent), "an effect without a postback");
        let balance = Balance {
            sent: self.counts().sent,
            accepted: self.counts().accepted,
            stored,
            logged: logged.len(),
        };
        eprintln!("{:?}: {balance:?}, {} paid", place.kind, effects.len());
        Ok(balance)
    }

    async fn check_stored(
        &self,
        place: &Place,
        operator: &Inbox,
        responses: &BTreeMap<String, Response>,
        logged: &BTreeSet<&str>,
    ) -> TestResult<usize> {
        let effects = place.ledger.effects().await?;
        let mut stored = 0;
        for (invoice, response) in responses {
            let records = operator.find(invoice).await?;
            if records.is_empty() {
                let is_excused = match response {
                    Response::Accepted => false,
                    Response::Later => logged.contains(&**invoice),
                    Response::Lost | Response::Unreached => true,
                };
                assert!(is_excused, "{invoice} is lost after {response:?}");
                assert_eq!(effects.get(invoice), None, "{invoice} has an effect");
                continue;
            }
            let states: Vec<State> = records.iter().map(|record| record.state).collect();
            assert_eq!(states, [State::Done], "{invoice} is stuck: {records:?}");
            check_paid(place.kind, invoice, effects.get(invoice));
            stored += 1;
        }
        Ok(stored)
    }

    fn responses(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Response>> {
        self.responses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until nothing is left for a worker, for as long as that becomes less.
pub(crate) async fn is_idle(operator: &Inbox) -> TestResult {
    let mut left = u64::MAX;
    while left > 0 {
        let before = left;
        eventually("an unfinished payment is handled", async || {
            let counts = operator.counts().await?;
            left = counts.received + counts.running + counts.failed;
            Ok(left != before)
        })
        .await?;
    }
    Ok(())
}

/// One effect, or as many runs with one idempotency key if the store has no transaction to share.
fn check_paid(kind: Kind, invoice: &str, effects: Option<&Vec<durability::Effect>>) {
    let effects = effects.map(Vec::as_slice).unwrap_or_default();
    assert!(!effects.is_empty(), "{invoice} is not paid");
    let keys: BTreeSet<&str> = effects.iter().map(|effect| &*effect.key).collect();
    assert_eq!(keys.len(), 1, "{invoice}: {effects:?}");
    if kind.has_transaction() {
        assert_eq!(effects.len(), 1, "{invoice} is paid twice: {effects:?}");
    }
}
