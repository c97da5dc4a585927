//! A Redis server that pauses, and one that comes back empty.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use durability::{Framework, Mode};
use throw_away_servers::RedisServer;
use tokio::task::spawn_blocking;

use super::Stand;
use crate::{TestResult, place::Kind, sender::Answer};

fn command(port: u16, text: &str) -> TestResult {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(text.as_bytes())?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer, b"+OK\r\n");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pause() -> TestResult {
    let Some(stand) = Stand::start(Kind::Redis, Mode::Lease, Framework::Actix).await? else {
        return Ok(());
    };
    // Without WRITE it would also hold back what ends it.
    command(stand.place.port, "CLIENT PAUSE 600000 WRITE\r\n")?;
    stand
        .pays_only_after(async || command(stand.place.port, "CLIENT UNPAUSE\r\n"))
        .await
}

/// It keeps nothing on disk here, so that it forgets what was paid: a cache of claims and no proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restart() -> TestResult {
    let Some(stand) = Stand::start(Kind::Redis, Mode::Lease, Framework::Axum).await? else {
        return Ok(());
    };
    assert_eq!(stand.send("PAID").await, Answer::Paid);
    stand.proxy.refuse();
    let mut server = None;
    stand
        .pays_only_after(async || {
            server = spawn_blocking(RedisServer::start).await?;
            let server = server.as_ref().ok_or("it started before")?;
            stand.proxy.redirect(server.port());
            stand.proxy.resume();
            Ok(())
        })
        .await?;
    // As documented: this is why the merchant's own table needs a unique index.
    stand.send_until_paid("PAID").await;
    assert_eq!(stand.effects("PAID").await, 2);
    Ok(())
}
