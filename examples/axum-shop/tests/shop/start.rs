use std::fs;

use tempfile::TempDir;

use crate::{
    TestResult,
    server::{Server, command, spawn},
};

#[test]
fn bad_settings_are_refused_in_one_line() -> TestResult {
    let folder = TempDir::with_prefix("axum-shop-")?;
    let garbage = folder.path().join("garbage.sqlite");
    fs::write(
        &garbage,
        "not a database, but long enough to be read as a header".repeat(50),
    )?;
    let garbage = garbage.to_str().ok_or("no path")?;
    for (name, value, text) in [
        (
            "CRYPTOCLOUD_SECRET_KEY",
            "",
            "CRYPTOCLOUD_SECRET_KEY: secret key is empty",
        ),
        (
            "CRYPTOCLOUD_SECRET_KEY",
            "short",
            "CRYPTOCLOUD_SECRET_KEY: secret key is shorter",
        ),
        (
            "LISTEN_ADDR",
            "localhost",
            "LISTEN_ADDR: not an address and a port",
        ),
        ("DATABASE_FILE", "/dev/null/shop.sqlite", "DATABASE_FILE: "),
        ("DATABASE_FILE", garbage, "DATABASE_FILE: "),
        ("DATABASE_FILE", "", "DATABASE_FILE: "),
    ] {
        let mut command = command();
        command.current_dir(&folder).env(name, value);
        let error = spawn(&mut command).err().ok_or(value)?.to_string();
        assert!(error.starts_with(text), "{name}={value}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let error = spawn(
        command()
            .current_dir(&folder)
            .env_remove("CRYPTOCLOUD_SECRET_KEY"),
    );
    let error = error.err().ok_or("started without a secret")?.to_string();
    assert!(error.starts_with("set CRYPTOCLOUD_SECRET_KEY"), "{error}");
    Ok(())
}

/// In the wrong folder, the orders seem to be gone.
#[tokio::test]
async fn the_log_has_the_database_file_and_whether_it_is_new() -> TestResult {
    let mut shop = Server::start().await?;
    let file = shop.file().canonicalize()?;
    let lines = |log: &str| {
        let file = file.display().to_string();
        let lines = log.lines().filter(|line| line.contains(&file));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let log = lines(&shop.stop("TERM")?.1);
    let new = "there was no database file: a new, empty one is used";
    assert!(
        matches!(&log[..], [line] if line.contains("WARN") && line.contains(new)),
        "{log:?}"
    );
    shop.resume()?;
    let log = lines(&shop.stop("TERM")?.1);
    assert!(
        matches!(&log[..], [line] if line.contains("INFO") && line.contains("is used")),
        "{log:?}"
    );
    Ok(())
}
