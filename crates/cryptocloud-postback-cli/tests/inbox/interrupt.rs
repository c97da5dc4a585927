//! Ctrl-C ends the program, and leaves the store as it was, or changed as a whole.

use std::{
    io::Write,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use cryptocloud_postback_inbox::InboxStore;
use cryptocloud_postback_sqlx::{PostgresStore, SqliteStore, sqlx};
use tempfile::TempDir;
use throw_away_servers::PostgresServer;

use crate::{TestResult, line, program, program::Ended, report};

/// Lets Ctrl-C end the program even if a shell runs the tests in the background and ignores it.
fn spawn(arguments: &[&str], database: Option<&str>) -> TestResult<Child> {
    let program = program(arguments);
    let mut command = Command::new("env");
    command
        .arg("--default-signal=INT")
        .arg(program.get_program())
        .args(program.get_args())
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .envs(database.map(|url| ("DATABASE_URL", url)));
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command.stderr(Stdio::piped()).spawn()?)
}

fn interrupt(child: Child) -> TestResult<Ended> {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", "INT", &id])
            .status()?
            .success()
    );
    Ok(child.wait_with_output()?.into())
}

#[tokio::test]
async fn an_import_from_a_silent_pipe() -> TestResult {
    let folder = TempDir::new()?;
    let file = folder.path().join("shop.db");
    let store = SqliteStore::connect(&file).await?;
    store.migrate().await?;
    let url = format!("sqlite:{}", file.display());
    let mut child = spawn(&["import", "--database-url", &url, "-"], None)?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    stdin.write_all(line(&report("A", "1")?).as_bytes())?;
    let end = Instant::now() + LIMIT;
    while store.find("shop", "A").await?.is_empty() {
        assert!(Instant::now() < end);
    }
    let ended = interrupt(child)?;
    assert_eq!((ended.code, ended.stdout.as_str()), (None, ""), "{ended:?}");
    assert_eq!(store.find("shop", "A").await?.len(), 1);
    drop(stdin);
    Ok(())
}

#[tokio::test]
async fn a_migration_that_waits_for_another_one() -> TestResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let store = PostgresStore::connect(&server.url()).await?;
    let mut other = store.pool().begin().await?;
    sqlx::query("CREATE SCHEMA cryptocloud_inbox")
        .execute(&mut *other)
        .await?;
    let child = spawn(&["migrate"], Some(&server.url()))?;
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let end = Instant::now() + LIMIT;
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(store.pool())
        .await?
        == 0
    {
        assert!(Instant::now() < end);
    }
    let ended = interrupt(child)?;
    assert_eq!((ended.code, ended.stdout.as_str()), (None, ""), "{ended:?}");
    drop(other);
    assert_eq!(store.schema_version().await?, 0);
    Ok(())
}

const LIMIT: Duration = Duration::from_secs(60);
