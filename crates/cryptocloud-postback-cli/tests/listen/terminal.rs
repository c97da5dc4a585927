//! The output for people.

use std::process::{Command, Stdio};

use tokio::net::TcpSocket;

use crate::{SECRET, TestResult, genuine, listener::Listener};

/// Posts three postbacks with long values to a listener whose server cannot be reached.
async fn post_long(listener: &Listener) -> TestResult {
    let long = genuine("GENUINE1").order_id(&"ü\\".repeat(60));
    listener.post(&genuine("GENUINE1")).await?;
    listener.post(&long).await?;
    let forged = long.invoice_id(&"X".repeat(64));
    let forged = forged.secret("not-a-real-key-of-another-project");
    listener.post(&forged).await?;
    Ok(())
}

/// The URL of a server that is bound but not listening, so that no other process takes the port.
fn unreachable() -> TestResult<(TcpSocket, String)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    let url = format!("http://{}/", socket.local_addr()?);
    Ok((socket, url))
}

#[tokio::test]
async fn in_a_pipe_rows_stay_whole_and_a_summary_ends_them() -> TestResult {
    let (_socket, url) = unreachable()?;
    let mut listener = Listener::start(&["--forward", &url])?;
    post_long(&listener).await?;
    assert_eq!(listener.signal("TERM")?.code(), Some(0));
    let output = listener.rest()?;
    let row = format!(
        "Z #2    verified    502  GENUINE1  {}  0.000113 BNB\n",
        r"ü\\".repeat(60)
    );
    assert!(output.contains(&row), "{output}");
    let note = "\n                your server cannot be reached: ";
    assert_eq!(output.matches(note).count(), 3, "{output}");
    assert!(
        output.contains("\n                token's signature does not"),
        "{output}"
    );
    let last = "postbacks: 2 verified, 1 refused, 0 not checked, 3 not forwarded";
    assert_eq!(output.lines().last(), Some(last), "{output}");
    Ok(())
}

#[tokio::test]
async fn on_a_terminal_rows_fit_into_80_columns() -> TestResult {
    let (_socket, url) = unreachable()?;
    let program = env!("CARGO_BIN_EXE_ccpostback");
    let line = format!("exec '{program}' listen --addr 127.0.0.1:0 --forward {url}");
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .envs([("CRYPTOCLOUD_SECRET_KEY", SECRET), ("NO_COLOR", "1")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut listener = Listener::spawn(&mut script)?;
    post_long(&listener).await?;
    let (mut text, mut notes) = (String::new(), 0);
    while notes < 3 {
        let line = listener.line()?;
        assert!(line.trim_end().chars().count() <= 80, "{line}");
        notes += usize::from(line.contains("your server cannot be reached"));
        text += line.trim();
    }
    // Nothing is cut off.
    assert_eq!(text.matches('ü').count(), 120, "{text}");
    assert_eq!(text.matches('X').count(), 64, "{text}");
    // `script` ends the program too, which a test run by `nohup` would leave behind.
    listener.signal("TERM")?;
    Ok(())
}
