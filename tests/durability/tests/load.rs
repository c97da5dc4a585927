//! Every invoice is sent many times at once, to two processes.

use std::sync::Arc;

use durability::{Framework, Mode};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    TestResult,
    place::{Kind, Place},
    receiver::Receiver,
    sender::{Sender, postback},
};

async fn check(kind: Kind, mode: Mode, framework: Framework) -> TestResult {
    let Some(place) = Place::new(kind, mode).await? else {
        return Ok(());
    };
    // Memory serves one process.
    let processes = if kind == Kind::Memory { 1 } else { 2 };
    let mut receivers = Vec::new();
    for _ in 0..processes {
        receivers.push(Receiver::start(&place.options(framework)).await?);
    }
    let urls: Vec<String> = receivers.iter().map(|one| one.url().to_owned()).collect();
    let sender = Sender::new()?;
    let at_once = Arc::new(Semaphore::new(INVOICES_AT_ONCE));
    let mut invoices = JoinSet::new();
    for number in 0..INVOICES {
        let (sender, urls) = (sender.clone(), urls.clone());
        let permit = Arc::clone(&at_once).acquire_owned().await?;
        invoices.spawn(async move {
            let invoice = format!("INVOICE{number}");
            let mut copies = JoinSet::new();
            let bodies: Vec<_> = (0..BODIES)
                .map(|resend| postback(&invoice, resend))
                .collect();
            for (copy, body) in bodies.iter().cycle().take(COPIES).enumerate() {
                let (sender, mut urls, body) = (sender.clone(), urls.clone(), body.clone());
                // Each body goes to each process.
                let first = copy / bodies.len() % urls.len();
                urls.rotate_left(first);
                copies.spawn(async move { sender.send_until_paid(&urls, &body).await });
            }
            copies.join_all().await;
            drop(permit);
        });
    }
    invoices.join_all().await;
    let effects = place.ledger.effects().await?;
    assert_eq!(effects.len(), INVOICES);
    for (invoice, effects) in effects {
        assert_eq!(effects.len(), 1, "{invoice}");
    }
    Ok(())
}

macro_rules! loads {
    ($($name:ident: $kind:ident $mode:ident $framework:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check(Kind::$kind, Mode::$mode, Framework::$framework).await
        }
    )*};
}

loads! {
    actix_memory: Memory Lease Actix;
    actix_postgres: Postgres Lease Actix;
    actix_postgres_transaction: Postgres Transaction Actix;
    actix_redis: Redis Lease Actix;
    actix_sqlite: Sqlite Lease Actix;
    actix_sqlite_transaction: Sqlite Transaction Actix;
    axum_memory: Memory Lease Axum;
    axum_postgres: Postgres Lease Axum;
    axum_postgres_transaction: Postgres Transaction Axum;
    axum_redis: Redis Lease Axum;
    axum_sqlite: Sqlite Lease Axum;
    axum_sqlite_transaction: Sqlite Transaction Axum;
}

/// Bodies of one report that differ in their token. Every other copy is identical to one of them.
const BODIES: u64 = 4;
const COPIES: usize = 32;
const INVOICES: usize = 200;
const INVOICES_AT_ONCE: usize = 8;
