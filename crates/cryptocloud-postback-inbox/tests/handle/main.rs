//! What `Inbox::handle` does where a handler or a store fails, or somebody goes away.

mod dropped;
mod faults;
mod faulty;
mod handler;
mod renewal;

use cryptocloud_postback::{
    SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder},
};
use cryptocloud_postback_inbox::{Inbox, MemoryStore};
use tokio::time::Instant;

use crate::faulty::FaultyStore;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// A genuine postback of the invoice `A`.
fn postback() -> Result<Verified, Box<dyn std::error::Error>> {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let signed = PostbackBuilder::new(SECRET).invoice_id("A").json();
    Ok(verifier.verify_at(Some(signed.content_type()), signed.body(), NOW)?)
}

/// With tokio's clock, which stands still until everything waits.
fn memory() -> MemoryStore {
    let start = Instant::now();
    MemoryStore::with_clock(100, move || {
        std::time::SystemTime::UNIX_EPOCH + start.elapsed()
    })
}

fn inbox(store: &FaultyStore) -> Inbox {
    Inbox::new("shop", store.clone()).unwrap_or_else(|error| panic!("{error}"))
}
