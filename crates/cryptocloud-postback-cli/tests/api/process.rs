//! Start, end and protection.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use reqwest::{StatusCode, header::HOST};

use crate::{
    TestResult,
    mimic::{Mimic, command},
    order,
};

#[tokio::test]
async fn other_sites_are_refused() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let uuid = mimic.create(&order("1")).await?;
    for path in ["/v2/invoice/create", "/faults", &format!("/pay/{uuid}")] {
        let request = || mimic.client.post(format!("{}{path}", mimic.origin));
        let foreign = request().header("content-type", "application/json");
        let foreign = foreign.header(HOST, "evil.example").send().await?;
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "{path}");
        let simple = request()
            .header("content-type", "text/plain")
            .send()
            .await?;
        assert_eq!(
            simple.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{path}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn it_starts_and_ends_as_a_process() -> TestResult {
    for signal in ["INT", "TERM"] {
        let mut mimic = Mimic::start(&[])?;
        mimic.create(&order("1")).await?;
        let id = mimic.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()?
                .success()
        );
        assert_eq!(mimic.child.wait()?.code(), Some(0), "{signal}");
        let mut error = String::new();
        mimic
            .child
            .stderr
            .take()
            .ok_or("no pipe")?
            .read_to_string(&mut error)?;
        assert_eq!(error, "");
    }
    let mut open = Command::new(env!("CARGO_BIN_EXE_ccpostback"));
    open.args(["api", "--addr", "0.0.0.0:0"]);
    let mut open = Mimic::spawn(open.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    assert!(
        open.origin.starts_with("http://127.0.0.1:"),
        "{}",
        open.origin
    );
    open.child.kill()?;
    let mut warning = String::new();
    let mut stderr = open.child.stderr.take().ok_or("no pipe")?;
    stderr.read_to_string(&mut warning)?;
    assert!(
        warning.contains("every machine that can reach this address"),
        "{warning}"
    );
    let url = ["--postback-url", "http://127.0.0.1:1/"];
    let without = command(&url)
        .env_remove("CRYPTOCLOUD_SECRET_KEY")
        .output()?;
    assert_eq!(without.status.code(), Some(2));
    assert_eq!(
        command(&["--fault", "429"]).output()?.status.code(),
        Some(2)
    );
    Ok(())
}
