//! Servers that restart, end their connections, refuse writes or pause, under a flood of payments.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use durability::Options;

use crate::{
    TestResult,
    fleet::Fleet,
    flood::Flood,
    place::{Kind, Place, run},
};

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The server takes no writes until this is over.
    Pause,
    ReadOnly,
    Restart,
    Terminate,
}

async fn check(kind: Kind, fault: Fault, times: usize) -> TestResult {
    // Not the shared server: others would suffer.
    let Some(place) = Place::alone(kind).await? else {
        return Ok(());
    };
    let fleet = Fleet::start(&place, |options| Options {
        lease: Duration::from_secs(3),
        ..options
    })
    .await?;
    let flood = fleet.flood()?;
    for _ in 0..times {
        flood.books.goes_on(10).await?;
        strike(&place, fault, &flood).await?;
    }
    // The service is back by itself.
    flood.books.goes_on(50).await?;
    let books = flood.end().await;
    let balance = books.close(&place).await?;
    assert!(balance.stored + balance.logged >= balance.sent);
    fleet.end().await
}

async fn strike(place: &Place, fault: Fault, flood: &Flood) -> TestResult {
    let later = flood.books.counts().later;
    let is_noticed = flood.books.wait_for(|counts| counts.later > later);
    match fault {
        Fault::Pause => {
            // Without WRITE it would also hold back the command that ends the pause.
            command(place.server.port(), "CLIENT PAUSE 600000 WRITE\r\n")?;
            is_noticed.await?;
            command(place.server.port(), "CLIENT UNPAUSE\r\n")
        }
        Fault::ReadOnly => {
            alter(place, "SET default_transaction_read_only = on").await?;
            run(&place.store_url, TERMINATE.to_owned()).await?;
            // The first few may be due to the connections that have ended.
            let books = &flood.books;
            books.wait_for(|counts| counts.later > later + 30).await?;
            alter(place, "RESET default_transaction_read_only").await
        }
        Fault::Restart => {
            place.server.crash().await?;
            is_noticed.await?;
            place.server.resume().await
        }
        Fault::Terminate => run(&place.store_url, TERMINATE.to_owned()).await,
    }
}

async fn alter(place: &Place, what: &str) -> TestResult {
    let (server, name) = place.store_url.rsplit_once('/').ok_or("no database")?;
    let sql = format!("ALTER DATABASE {name} {what}");
    run(&format!("{server}/postgres"), sql).await
}

fn command(port: u16, text: &str) -> TestResult {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(text.as_bytes())?;
    let mut reply = [0; 5];
    stream.read_exact(&mut reply)?;
    assert_eq!(&reply, b"+OK\r\n");
    Ok(())
}

macro_rules! faults {
    ($($name:ident: $kind:ident $fault:ident $times:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check(Kind::$kind, Fault::$fault, $times).await
        }
    )*};
}

faults! {
    postgres_read_only: Postgres ReadOnly 2;
    postgres_restarts: Postgres Restart 3;
    postgres_terminates: Postgres Terminate 10;
    redis_pauses: Redis Pause 1;
    redis_restarts: Redis Restart 3;
}

const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";
