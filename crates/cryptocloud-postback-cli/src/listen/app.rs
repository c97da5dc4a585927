use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use cryptocloud_postback::Verifier;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::{
    Args, entry::Entry, forward::Forwarder, request::Received, resend::Resend, terminal::Terminal,
};
use crate::{Changes, server};

/// The state that all requests share.
pub(super) struct App {
    pub(super) address: SocketAddr,
    pub(super) args: Args,
    pub(super) changes: Changes,
    /// The latest postbacks, the oldest first.
    entries: Mutex<VecDeque<Arc<Entry>>>,
    forwarder: Option<Forwarder>,
    last_id: AtomicU64,
    /// The first one signs what is sent again after its token has expired.
    pub(super) secrets: Vec<SecretString>,
    pub(super) terminal: Terminal,
    /// `None` if no secret is set.
    pub(super) verifier: Option<Verifier>,
}

impl App {
    pub(super) fn new(args: Args, address: SocketAddr) -> anyhow::Result<Self> {
        let (verifier, secrets) = if args.secret.is_set() {
            let (builder, secrets) = args.secret.verifier_and_secrets()?;
            (Some(builder.build()?), secrets)
        } else {
            (None, Vec::new())
        };
        let forward = args.forward.clone();
        let forwarder = forward.map(|url| Forwarder::new(url, address));
        Ok(Self {
            address,
            args,
            changes: Changes::default(),
            entries: Mutex::default(),
            forwarder: forwarder.transpose()?,
            last_id: AtomicU64::default(),
            secrets,
            terminal: Terminal::new(),
            verifier,
        })
    }

    /// Stores a request under a new id, and starts a task that forwards it.
    ///
    /// The task goes on if the sender hangs up.
    pub(super) fn handle(
        self: &Arc<Self>,
        request: Received,
        resend: Option<Resend>,
    ) -> (Arc<Entry>, JoinHandle<()>) {
        let entry = self.store(request, resend);
        self.terminal.arrived(self, &entry);
        let (app, stored) = (self.clone(), entry.clone());
        let task = tokio::spawn(async move {
            if let (Some(forwarder), Some(forward)) = (&app.forwarder, &stored.forward) {
                let exchange = forwarder.send(&stored.request).await;
                forward.get_or_init(|| exchange);
                app.changes.tell();
            }
            app.terminal.responded(&app, &stored);
        });
        (entry, task)
    }

    /// Drops the oldest postback if there are too many.
    fn store(&self, request: Received, resend: Option<Resend>) -> Arc<Entry> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let entry = Arc::new(Entry::new(id, request, resend, self));
        let mut entries = self.lock();
        entries.push_back(entry.clone());
        if entries.len() > self.args.keep.into() {
            entries.pop_front();
        }
        drop(entries);
        self.changes.tell();
        entry
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Entry>> {
        let id: u64 = id.parse().ok()?;
        self.lock().iter().find(|entry| entry.id == id).cloned()
    }

    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
        self.changes.tell();
    }

    /// The origin of the page, as a browser on this machine reaches it.
    pub(super) fn origin(&self) -> String {
        server::origin(self.address)
    }

    /// The URL that receives postbacks.
    pub(super) fn url(&self) -> String {
        self.origin() + &self.args.path
    }

    /// Removes the secrets from text or JSON, even if a sender or the merchant's server wrote one.
    ///
    /// Secrets shorter than 8 bytes would match unrelated text.
    pub(super) fn hide_secrets(&self, mut text: String) -> String {
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret);
        for secret in secrets.filter(|secret| secret.len() >= 8) {
            let mut shown = secret.to_owned();
            // As it is, in JSON, and in JSON within JSON.
            for _ in 0..3 {
                text = text.replace(&shown, "[secret]");
                let quoted = Value::from(shown).to_string();
                shown = quoted
                    .get(1..quoted.len() - 1)
                    .unwrap_or(&quoted)
                    .to_owned();
            }
        }
        text
    }

    /// No panic leaves the entries inconsistent, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
