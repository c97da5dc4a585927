use std::sync::Arc;

use cryptocloud_postback_inbox::contract;

use crate::file::File;

#[tokio::test(flavor = "multi_thread")]
async fn contract_holds() {
    let file = File::new().await;
    contract::verify(async || Arc::new(file.store.clone())).await;
}
