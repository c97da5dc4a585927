//! On a terminal, every change is asked about.

use std::process::Command;

use cryptocloud_postback_inbox::{Inbox, Start, State};
use cryptocloud_postback_sqlx::SqliteStore;
use tempfile::TempDir;

use crate::{TestResult, operate::Shop, report, run};

/// Through util-linux's `script`, which has a terminal.
#[tokio::test]
async fn a_terminal_is_asked() -> TestResult {
    if Command::new("script").arg("--version").output().is_err() {
        throw_away_servers::skip("script is not installed");
        return Ok(());
    }
    let folder = TempDir::new()?;
    let file = folder.path().join("shop.db");
    let store = SqliteStore::connect(&file).await?;
    store.migrate().await?;
    let inbox = Inbox::builder("shop", store, Shop::default()).build()?;
    let _ = inbox
        .store()
        .receive(&report("A", "UNKNOWN")?, Start::Stored)
        .await?;
    inbox.run_once().await?;
    let line = format!(
        "'{}' inbox accept 1 --amount 2 --by alice --project shop --database-url 'sqlite:{}'",
        env!("CARGO_BIN_EXE_ccpostback"),
        file.display()
    );
    let states = async || -> TestResult<Vec<State>> {
        let records = inbox.find("A").await?;
        Ok(records.iter().map(|record| record.state).collect())
    };
    let call = |input: &[u8]| {
        let arguments = ["--quiet", "--return", "--command", &line, "/dev/null"];
        run(Command::new("script").args(arguments), input)
    };
    let ended = call(b"n\n");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for text in [
        "Report 1, held: invoice A, order UNKNOWN, 1.5 USDT_TRC20",
        "Accept as alice, and credit 2?",
        "refused           id 1, error you said no",
    ] {
        assert!(ended.stdout.contains(text), "{ended:?}");
    }
    assert_eq!(states().await?, [State::Held]);
    let ended = call(b"y\n");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let text = "may hold it again: look with `ccpostback inbox show`";
    assert!(ended.stdout.contains(text), "{ended:?}");
    assert_eq!(states().await?, [State::Received]);
    Ok(())
}
