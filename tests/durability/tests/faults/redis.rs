//! A Redis server that pauses, and one that comes back empty.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use durability::{Framework, Mode};
use throw_away_servers::RedisServer;
use tokio::task::spawn_blocking;

use super::Stand;
use crate::{TestResult, place::Kind, sender::Response};

fn command(port: u16, text: &str) -> TestResult {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(text.as_bytes())?;
    let mut reply = [0; 5];
    stream.read_exact(&mut reply)?;
    assert_eq!(&reply, b"+OK\r\n");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pause() -> TestResult {
    let Some(stand) = Stand::start(Kind::Redis, Mode::Lease, Framework::Actix).await? else {
        return Ok(());
    };
    // Without WRITE it would also hold back the command that ends the pause.
    command(stand.place.port, "CLIENT PAUSE 600000 WRITE\r\n")?;
    stand
        .pays_only_after(async || command(stand.place.port, "CLIENT UNPAUSE\r\n"))
        .await
}

/// This server keeps nothing on disk, so it forgets the paid invoices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restart() -> TestResult {
    let Some(stand) = Stand::start(Kind::Redis, Mode::Lease, Framework::Axum).await? else {
        return Ok(());
    };
    assert_eq!(stand.send("PAID").await, Response::Paid);
    stand.proxy.refuse();
    let mut server = None;
    stand
        .pays_only_after(async || {
            server = spawn_blocking(RedisServer::start).await?;
            let server = server.as_ref().ok_or("Redis is no longer installed")?;
            stand.proxy.redirect(server.port());
            stand.proxy.resume();
            Ok(())
        })
        .await?;
    // As documented: the merchant's own table needs a unique index.
    stand.send_until_paid("PAID").await;
    assert_eq!(stand.effects("PAID").await, 2);
    Ok(())
}
