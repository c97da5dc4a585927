//! A PostgreSQL server that restarts, or ends its connections.

use std::sync::Arc;

use cryptocloud_postback_sqlx::sqlx::{self, Connection as _, PgConnection};
use durability::{Framework, Mode};
use throw_away_servers::PostgresServer;
use tokio::task::spawn_blocking;

use super::{flood::Flood, options};
use crate::{TestResult, place::Place, receiver::Receiver, sender::Sender};

#[derive(Clone, Copy)]
enum Fault {
    Restart,
    Terminate,
}

async fn check(mode: Mode, framework: Framework, fault: Fault) -> TestResult {
    // Not the shared server, because this one is restarted.
    let Some(server) = spawn_blocking(PostgresServer::start).await? else {
        return Ok(());
    };
    let server = Arc::new(server);
    let place = Place::on_postgres(mode, Arc::clone(&server)).await?;
    let receiver = Receiver::start(&options(&place, framework)).await?;
    let mut flood = Flood::start(&Sender::new()?, receiver.url());
    for _ in 0..FAULTS {
        flood.goes_on(10).await?;
        match fault {
            Fault::Restart => {
                let server = Arc::clone(&server);
                spawn_blocking(move || server.crash().and_then(|()| server.resume())).await??;
            }
            Fault::Terminate => {
                let mut connection = PgConnection::connect(&place.store_url).await?;
                sqlx::query(TERMINATE).execute(&mut connection).await?;
            }
        }
    }
    let paid = flood.ends().await;
    let effects = place.ledger.effects().await?;
    assert_eq!(effects.len(), paid);
    if mode == Mode::Transaction {
        for (invoice, effects) in effects {
            assert_eq!(effects.len(), 1, "{invoice}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restart() -> TestResult {
    check(Mode::Lease, Framework::Actix, Fault::Restart).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restart_transaction() -> TestResult {
    check(Mode::Transaction, Framework::Axum, Fault::Restart).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminate() -> TestResult {
    check(Mode::Lease, Framework::Axum, Fault::Terminate).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminate_transaction() -> TestResult {
    check(Mode::Transaction, Framework::Actix, Fault::Terminate).await
}

const FAULTS: usize = 10;
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";
