use std::{
    process,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::task::JoinHandle;

use super::{
    forward::Forwarder,
    journal::{Delivery, Journal, Record},
    request::StoredRequest,
    response::StoredResponse,
    settings::Settings,
    terminal::Terminal,
    verification::Verification,
};

/// What all requests share.
pub(super) struct App {
    pub(super) forwarder: Option<Forwarder>,
    pub(super) journal: Journal,
    /// Differs from one start of the program to the next.
    pub(super) run: String,
    pub(super) settings: Settings,
    pub(super) terminal: Terminal,
}

impl App {
    pub(super) fn new(settings: Settings) -> anyhow::Result<Self> {
        let run = format!("{:x}-{:x}", milliseconds(), process::id());
        let forwarder = match &settings.forward {
            Some(url) => Some(Forwarder::new(url.clone(), &run, LIMIT)?),
            None => None,
        };
        Ok(Self {
            forwarder,
            journal: Journal::new(settings.keep),
            run,
            terminal: Terminal::start(&settings),
            settings,
        })
    }

    /// Records an arrival under an id, and starts to find the answer to it.
    ///
    /// A task of its own does that, so that a sender who hangs up leaves nothing half done.
    pub(super) fn take(
        self: Arc<Self>,
        arrival: StoredRequest,
        resend_of: Option<u64>,
    ) -> (u64, JoinHandle<StoredResponse>) {
        let judgement = Verification::of(&arrival, self.settings.verifier.as_ref());
        // Half a body would be another postback.
        let is_passed_on = self.forwarder.is_some() && arrival.fault.is_none();
        let record = Arc::new(Record {
            arrival,
            judgement,
            received_at: milliseconds(),
            resend_of,
        });
        let delivery = if is_passed_on {
            Delivery::Pending
        } else {
            Delivery::None
        };
        let id = self.journal.push(record.clone(), delivery);
        let answer = async move {
            let exchange = match &self.forwarder {
                Some(forwarder) if is_passed_on => Some(forwarder.send(&record.arrival).await),
                _ => None,
            };
            self.terminal
                .show(id, &record, exchange.as_ref(), &self.settings.redactor);
            let Some(exchange) = exchange else {
                return record.judgement.answer.clone();
            };
            let answer = exchange.answer();
            self.journal.deliver(id, exchange);
            answer
        };
        (id, tokio::spawn(answer))
    }
}

/// Since 1970; a clock before that shows as 1970.
fn milliseconds() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// For the server behind to answer.
const LIMIT: Duration = Duration::from_secs(10);
