//! Projects, the lookup of adapters, the watched file and the cache.

mod api;
mod cached;
mod faults;
mod file;
mod log;
mod lookup;
mod metrics;
mod project;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use cryptocloud_postback::{RequestHead, SecretKey, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, InboxBuilder, MemoryStore, Payment};
use cryptocloud_postback_projects::{Inboxes, Project};

struct Shop;

impl Handler<()> for Shop {
    async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
        Ok(())
    }
}

fn inbox(name: &str) -> InboxBuilder<MemoryStore, Shop> {
    Inbox::builder(name, MemoryStore::new(10), Shop)
}

fn verifier(name: &str) -> Verifier {
    let verifier = Verifier::builder(SecretKey::new(FIRST).expect("a key"));
    verifier.project(name).build().expect("a verifier")
}

fn project(name: &str) -> Project {
    let inbox = inbox(name).build().expect("an inbox");
    Project::new(verifier(name), inbox).expect("a project")
}

/// Whether the project accepts tokens of this secret.
fn accepts(project: &Project, secret: &str) -> bool {
    takes(project, &PostbackBuilder::new(secret))
}

fn takes(project: &Project, postback: &PostbackBuilder) -> bool {
    let head = RequestHead::from_content_type(None);
    let body = postback.json().body();
    project.verifier().verify(head, body).is_ok()
}

/// What makes inboxes, and how many it has made.
fn inboxes() -> (Inboxes, Arc<AtomicUsize>) {
    let made = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&made);
    let inboxes = Inboxes::new(move |name| {
        counter.fetch_add(1, Ordering::SeqCst);
        let inbox = inbox(&name).build();
        async { Ok(inbox?) }
    });
    (inboxes, made)
}

const FIRST: &str = "not-a-real-key-only-for-these-tests";
const SECOND: &str = "not-a-real-key-either-only-for-tests";
