use cryptocloud_postback_inbox::{InboxStore, StoreErrorKind};
use cryptocloud_postback_sqlx::{PostgresStore, sqlx};
use throw_away_servers::PostgresServer;

use crate::shared::{self, TestResult, claimed, report};

#[tokio::test(flavor = "multi_thread")]
async fn certificate_and_host_name_are_verified() -> TestResult {
    let Some(server) = PostgresServer::start_with_tls() else {
        return Ok(());
    };
    let connect = async |host: &str, parameters: &str| {
        let port = server.port();
        let url = format!("postgres://postgres@{host}:{port}/postgres?{parameters}");
        PostgresStore::connect(&url).await
    };
    let authority = format!("sslrootcert={}", server.authority().display());
    let full = format!("sslmode=verify-full&{authority}");
    let store = connect("localhost", &full).await?;
    store.migrate().await?;
    drop(claimed(
        store.receive(&report("A", "1"), shared::start()).await?,
    ));
    let is_encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let is_encrypted = sqlx::query_scalar(is_encrypted);
    assert!(is_encrypted.fetch_one(store.pool()).await?);

    // The certificate is not for this name, and not by an authority that is known.
    for (host, parameters) in [("127.0.0.1", &*full), ("localhost", "sslmode=verify-full")] {
        match connect(host, parameters).await {
            Ok(_) => panic!("{host} was accepted, with {parameters}"),
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable),
        }
    }
    // Nothing but the name was wrong.
    connect("127.0.0.1", &format!("sslmode=verify-ca&{authority}")).await?;
    Ok(())
}
