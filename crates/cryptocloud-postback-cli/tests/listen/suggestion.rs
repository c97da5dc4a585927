//! The command that the page suggests.

use std::{fs, process::Command};

use crate::{
    SECRET, TestResult,
    listener::{Listener, command},
};

/// Pastes the command into a shell, and asserts that a verified postback arrives.
async fn paste(listener: &Listener, secret: Option<&str>, verdict: &str) -> TestResult {
    let list = listener.get("/api/postbacks").await?;
    let line = list["about"]["send"].as_str().ok_or("no command")?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", line])
        .env_remove("CRYPTOCLOUD_SECRET_KEY");
    if let Some(secret) = secret {
        shell.env("CRYPTOCLOUD_SECRET_KEY", secret);
    }
    let output = shell.output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{line}: {text}");
    let list = listener.get("/api/postbacks").await?;
    assert_eq!(list["postbacks"][0]["verdict"], verdict, "{line}");
    Ok(())
}

#[tokio::test]
async fn it_works_as_it_is_pasted() -> TestResult {
    let in_environment = Listener::start(&["--path", "/a/b"])?;
    paste(&in_environment, Some(SECRET), "verified").await?;

    let none = Listener::spawn(&mut command(&["--addr", "127.0.0.1:0"]))?;
    paste(&none, None, "unchecked").await?;

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("it's a secret");
    fs::write(&file, "of-18-bytes-or-so!")?;
    let mut short = command(&["--addr", "127.0.0.1:0", "--allow-short-secret"]);
    short
        .current_dir(&folder)
        .args(["--secret-file", "it's a secret"]);
    paste(&Listener::spawn(&mut short)?, None, "verified").await
}
