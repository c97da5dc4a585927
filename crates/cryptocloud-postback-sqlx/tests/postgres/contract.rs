use std::sync::Arc;

use cryptocloud_postback_inbox::contract;

use crate::database::Database;

#[tokio::test(flavor = "multi_thread")]
async fn contract_holds() {
    let Some(database) = Database::new().await else {
        return;
    };
    contract::verify(async || Arc::new(database.store.clone())).await;
}

/// Under isolation levels that the server may have as its default.
#[tokio::test(flavor = "multi_thread")]
async fn contract_holds_if_serializable() {
    let settings = ["default_transaction_isolation = serializable"];
    let Some(database) = Database::with(&settings).await else {
        return;
    };
    contract::verify(async || Arc::new(database.store.clone())).await;
}
