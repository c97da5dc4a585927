use crate::{TestResult, process::Database};

#[tokio::test]
async fn settings_that_are_wrong_are_one_clear_line() -> TestResult {
    let Some(database) = Database::create("settings").await? else {
        return Ok(());
    };
    for (name, value, text) in [
        ("CRYPTOCLOUD_SECRET_KEY", None, "set CRYPTOCLOUD_SECRET_KEY"),
        (
            "CRYPTOCLOUD_SECRET_KEY",
            Some("short"),
            "CRYPTOCLOUD_SECRET_KEY: secret key is shorter",
        ),
        ("DATABASE_URL", None, "set DATABASE_URL"),
        (
            "DATABASE_URL",
            Some("mysql://shop:pass-word@127.0.0.1/shop"),
            "set DATABASE_URL",
        ),
        (
            "DATABASE_URL",
            Some("postgres://shop:pass-word@127.0.0.1:1/shop"),
            "DATABASE_URL: ",
        ),
        (
            "LISTEN_ADDR",
            Some("localhost"),
            "LISTEN_ADDR: not an address and a port",
        ),
    ] {
        let mut command = database.command("postgres");
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        expect_error(&mut command, text).await?;
    }
    expect_error(
        database.command("postgres").arg("migrat"),
        "usage: actix-shop",
    )
    .await?;
    database
        .run("DROP SCHEMA cryptocloud_inbox CASCADE")
        .await?;
    expect_error(
        &mut database.command("postgres"),
        "store cannot be used: schema is missing",
    )
    .await
}

async fn expect_error(command: &mut tokio::process::Command, text: &str) -> TestResult {
    let output = command.output().await?;
    let error = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with(text), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        !error.contains("pass-word") && !error.contains("short\n"),
        "{error}"
    );
    Ok(())
}
