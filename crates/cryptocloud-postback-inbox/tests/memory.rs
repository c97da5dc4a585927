//! The memory store.

use std::sync::Arc;

use cryptocloud_postback_inbox::{MemoryStore, contract};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() {
    contract::verify(async || Arc::new(MemoryStore::new(10_000))).await;
}
