use std::{fs, process::Command};

use serde_json::Value;

use crate::{
    TestResult,
    server::{Server, postback, settings},
};

/// The vendor is told once that it did not work, and never sends again.
#[tokio::test]
async fn a_handler_that_fails_twice_pays_at_the_third_attempt() -> TestResult {
    let server = Server::start().await?;
    server.order("A", Some("GENUINE1")).await?;
    server
        .sql(
            "CREATE TRIGGER fails_twice BEFORE UPDATE ON orders \
             WHEN (SELECT max(attempts) FROM cryptocloud_inbox_report) < 3 \
             BEGIN SELECT RAISE(ABORT, 'disk on fire'); END",
        )
        .await?;
    assert_eq!(server.pay(&postback("GENUINE1")).await?, 503);
    assert_eq!(server.paid_by("A").await?, Value::Null);
    server.until_paid("A", "GENUINE1").await?;
    assert_eq!(
        server
            .count("SELECT attempts FROM cryptocloud_inbox_report")
            .await?,
        3
    );
    Ok(())
}

/// Its lease ends after 30 s, and then the next process takes over.
#[tokio::test]
async fn a_process_killed_inside_the_handler_loses_nothing() -> TestResult {
    let mut server = Server::start().await?;
    server.order("A", Some("GENUINE1")).await?;
    // Counting takes the handler longer than it is left alive.
    server
        .sql(
            "CREATE TRIGGER slow AFTER UPDATE ON orders BEGIN SELECT count(*) FROM (WITH RECURSIVE \
             c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000) SELECT n FROM c); END",
        )
        .await?;
    let running = "SELECT count(*) FROM cryptocloud_inbox_report WHERE state = 'running'";
    let postback = postback("GENUINE1");
    tokio::select! {
        status = server.pay(&postback) => return Err(format!("not killed: {status:?}").into()),
        result = server.until(async || Ok(server.count(running).await? == 1)) => result?,
    }
    server.kill()?;
    server.sql("DROP TRIGGER slow").await?;
    assert_eq!(server.count("SELECT count(*) FROM outbox").await?, 0);
    server.resume()?;
    server.until_paid("A", "GENUINE1").await
}

#[tokio::test]
async fn a_payment_that_cannot_be_stored_gets_503_and_a_line_in_the_log() -> TestResult {
    let mut server = Server::start().await?;
    server.order("A", Some("GENUINE1")).await?;
    let other = server.database().begin_with("BEGIN IMMEDIATE").await?;
    assert_eq!(server.pay(&postback("GENUINE1")).await?, 503);
    other.rollback().await?;
    assert_eq!(
        server
            .count("SELECT count(*) FROM cryptocloud_inbox_report")
            .await?,
        0
    );
    let (_, log) = server.stop("TERM")?;
    let line = log
        .lines()
        .find(|line| line.contains("ccpostback inbox import"));
    assert!(line.is_some_and(|line| line.contains("GENUINE1")), "{log}");
    Ok(())
}

/// SQLite would go on writing into the file that no path leads to.
#[tokio::test]
async fn a_payment_into_a_deleted_or_replaced_file_gets_503_and_a_line_in_the_log() -> TestResult {
    for is_replaced in [false, true] {
        let mut server = Server::start().await?;
        server.order("A", Some("GENUINE1")).await?;
        server.order("B", Some("GENUINE2")).await?;
        assert_eq!(server.pay(&postback("GENUINE1")).await?, 200);
        if is_replaced {
            let other = server.file().with_extension("other");
            fs::copy(server.file(), &other)?;
            fs::rename(other, server.file())?;
        } else {
            fs::remove_file(server.file())?;
        }
        let lost = postback("GENUINE2").order_id("B");
        assert_eq!(server.pay(&lost).await?, 503);
        server.database().close().await;
        let (_, log) = server.stop("TERM")?;
        let line = log
            .lines()
            .find(|line| line.contains("ccpostback inbox import"));
        let line = line.ok_or_else(|| log.clone())?;
        assert!(line.contains("GENUINE2"), "{log}");
        assert!(line.contains("deleted, moved or replaced"), "{log}");
        if !is_replaced {
            assert!(!server.file().exists());
            server.resume()?;
            server.order("B", Some("GENUINE2")).await?;
            assert_eq!(server.pay(&lost).await?, 200);
            assert_eq!(server.paid_by("B").await?, "GENUINE2");
        }
    }
    Ok(())
}

/// A limit for the size of files stands for a full disk.
#[tokio::test]
async fn a_full_disk_is_503_and_nothing_is_paid_twice_later() -> TestResult {
    let mut shell = Command::new("sh");
    let shop = env!("CARGO_BIN_EXE_axum-shop");
    // In blocks of 512 bytes; without the signal, a write beyond it is an error.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 600; exec \"$0\"", shop]);
    settings(&mut shell);
    let mut server = Server::start_with(&mut shell).await?;
    server.order("A", Some("GENUINE1")).await?;
    // Fills what is left, with payments that match no order.
    let mut stored = 0;
    while server
        .pay(&postback(&format!("FILL{stored}")).order_id("B"))
        .await?
        == 200
    {
        stored += 1;
        assert!(stored < 1000, "the limit has no effect");
    }
    assert_eq!(server.pay(&postback("GENUINE1")).await?, 503);
    let (_, log) = server.stop("TERM")?;
    assert!(log.contains("ccpostback inbox import"), "{log}");
    server.resume()?;
    assert_eq!(server.held().await?.len(), stored.min(100));
    assert_eq!(server.pay(&postback("GENUINE1")).await?, 200);
    server.until_paid("A", "GENUINE1").await
}
