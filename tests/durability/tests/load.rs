//! Every invoice is sent many times at once, to two processes. Resends are the subject here.

use std::sync::Arc;

use durability::Framework;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    TestResult,
    books::is_idle,
    place::{Kind, Place},
    sender::{Response, Sender, postback},
};

async fn check(kind: Kind, framework: Framework) -> TestResult {
    let Some(place) = Place::new(kind).await? else {
        return Ok(());
    };
    // Memory serves one process.
    let processes = if kind == Kind::Memory { 1 } else { 2 };
    let mut receivers = Vec::new();
    for _ in 0..processes {
        receivers.push(place.start(&place.options(framework)).await?);
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
            let bodies: Vec<_> = (0..BODIES).map(|copy| postback(&invoice, copy)).collect();
            let mut copies = JoinSet::new();
            for (copy, body) in bodies.iter().cycle().take(COPIES).enumerate() {
                // Each body goes to each process.
                let url = urls[copy / bodies.len() % urls.len()].clone();
                let (sender, body) = (sender.clone(), body.clone());
                copies.spawn(async move { sender.send(&url, &body).await });
            }
            let responses = copies.join_all().await;
            drop(permit);
            responses
        });
    }
    for responses in invoices.join_all().await {
        assert!(!responses.contains(&Response::Lost));
        assert!(!responses.contains(&Response::Unreached));
    }
    if let Some(operator) = &place.operator {
        is_idle(operator).await?;
    }
    let effects = place.ledger.effects().await?;
    assert_eq!(effects.len(), INVOICES);
    for (invoice, effects) in effects {
        assert_eq!(effects.len(), 1, "{invoice}");
    }
    Ok(())
}

macro_rules! loads {
    ($($name:ident: $kind:ident $framework:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check(Kind::$kind, Framework::$framework).await
        }
    )*};
}

loads! {
    actix_memory: Memory Actix;
    actix_postgres: Postgres Actix;
    actix_redis: Redis Actix;
    actix_sqlite: Sqlite Actix;
    axum_memory: Memory Axum;
    axum_postgres: Postgres Axum;
    axum_redis: Redis Axum;
    axum_sqlite: Sqlite Axum;
}

/// Bodies of one report that differ in their token. Every other copy is identical to one of them.
const BODIES: u64 = 4;
const COPIES: usize = 32;
const INVOICES: usize = 200;
const INVOICES_AT_ONCE: usize = 8;
