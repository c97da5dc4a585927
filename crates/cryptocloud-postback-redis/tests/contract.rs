//! The suite that every store must pass.

mod common;

use std::sync::Arc;

use cryptocloud_postback_inbox::contract;

use common::{TestResult, start, store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract() -> TestResult {
    let Some(server) = start(&[]).await else {
        return Ok(());
    };
    let store = Arc::new(store(&server.url()).await?);
    contract::verify(async || store.clone()).await;
    Ok(())
}
