use std::{
    process,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::task::JoinHandle;

use super::{
    forward::Forwarder,
    journal::{Forwarding, Journal, Record},
    request::StoredRequest,
    resend::Resend,
    response::StoredResponse,
    settings::Settings,
    terminal::Terminal,
    verification::Verification,
};

/// The state that all requests share.
pub(super) struct App {
    pub(super) forwarder: Option<Forwarder>,
    pub(super) journal: Journal,
    /// Identifies this run of the program.
    pub(super) run: String,
    pub(super) settings: Settings,
    pub(super) terminal: Terminal,
}

impl App {
    pub(super) fn new(settings: Settings) -> anyhow::Result<Self> {
        let run = format!("{:x}-{:x}", now_in_milliseconds(), process::id());
        let forwarder = match &settings.forward {
            Some(url) => Some(Forwarder::new(url.clone(), &run, FORWARD_TIMEOUT)?),
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

    /// Stores a request under a new id, and starts a task that forwards it and returns the response.
    ///
    /// The task goes on if the sender hangs up.
    pub(super) fn handle(
        self: Arc<Self>,
        request: StoredRequest,
        resend: Option<Resend>,
    ) -> (u64, JoinHandle<StoredResponse>) {
        let verification = Verification::of(&request, self.settings.verifier.as_ref());
        // A truncated body would be another postback.
        let is_forwarded = self.forwarder.is_some() && request.body_error.is_none();
        let record = Arc::new(Record {
            received_at: now_in_milliseconds(),
            request,
            resend,
            verification,
        });
        let forwarding = if is_forwarded {
            Forwarding::Pending
        } else {
            Forwarding::None
        };
        let id = self.journal.push(record.clone(), forwarding);
        self.terminal.arrived(&self.settings, id, &record);
        let response = async move {
            let exchange = match &self.forwarder {
                Some(forwarder) if is_forwarded => Some(forwarder.send(&record.request).await),
                _ => None,
            };
            self.terminal
                .responded(&self.settings, id, &record, exchange.as_ref());
            let Some(exchange) = exchange else {
                return record.verification.response.clone();
            };
            let response = exchange.response();
            self.journal.complete(id, exchange);
            response
        };
        (id, tokio::spawn(response))
    }
}

/// Milliseconds since 1970, or 0 if the clock is before that.
fn now_in_milliseconds() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

const FORWARD_TIMEOUT: Duration = Duration::from_secs(10);
