//! The output for people.

use crate::{TestResult, genuine, listener::Listener};

#[tokio::test]
async fn rows_fit_into_80_columns_and_a_summary_ends_them() -> TestResult {
    // Bound but not listening, so that no other process takes the port.
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    let url = format!("http://{}/", socket.local_addr()?);
    let mut listener = Listener::start(&["--forward", &url])?;
    let long = genuine("GENUINE1").order_id(&"ü\\".repeat(60));
    listener.post(&genuine("GENUINE1")).await?;
    listener.post(&long).await?;
    let forged = long.invoice_id(&"X".repeat(64));
    listener
        .post(&forged.secret("not-a-real-key-of-another-project"))
        .await?;
    assert_eq!(listener.signal("TERM")?.code(), Some(0));
    let output = listener.rest()?;
    let lines: Vec<&str> = output.lines().collect();
    for line in &lines {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let rows = lines.iter().filter(|line| line.contains("Z #"));
    assert_eq!(rows.count(), 3, "{output}");
    assert!(
        output.contains("\n                your server cannot be reached"),
        "{output}"
    );
    assert!(
        output.contains("\n                token's signature does not"),
        "{output}"
    );
    let last = "3 postbacks: 2 verified, 1 refused, 3 not forwarded";
    assert_eq!(lines.last(), Some(&last), "{output}");
    Ok(())
}

#[tokio::test]
async fn the_summary_of_little() -> TestResult {
    let mut listener = Listener::start(&[])?;
    listener.signal("INT")?;
    assert!(listener.rest()?.ends_with("no postback arrived\n"));
    let mut listener = Listener::start(&[])?;
    listener.post(&genuine("GENUINE1")).await?;
    listener.signal("INT")?;
    assert!(listener.rest()?.ends_with("1 postback: 1 verified\n"));
    Ok(())
}
