//! `--json`

use serde_json::{Value, json};

use crate::{
    SECRET, TestResult, genuine,
    listener::{Listener, command},
};

#[tokio::test]
async fn a_line_for_each_arrival_and_each_forward() -> TestResult {
    let behind = Listener::start(&[])?;
    let mut listener = Listener::start(&["--json", "--forward", &behind.url])?;
    let genuine = genuine("GENUINE1");
    listener.post(&genuine).await?;
    let forged = genuine.clone().secret("not-a-real-key-of-another-project");
    listener.post(&forged).await?;
    let odd = genuine.clone().order_id("a\u{202e}b").json().body();
    let request = listener.client.post(format!("{}?{SECRET}", listener.url));
    let request = request.header("content-type", "application/json");
    request.body(odd).send().await?;
    drop(behind);
    listener.post(&genuine).await?;
    assert_eq!(listener.signal("INT")?.code(), Some(0));

    let output = listener.rest()?;
    assert!(!output.contains(SECRET), "{output}");
    assert!(!output.contains("eyJ"), "a token: {output}");
    let is_plain = |c: char| c == '\n' || (c.is_ascii() && !c.is_ascii_control());
    assert!(output.chars().all(is_plain), "{output:?}");
    let lines: Result<Vec<Value>, _> = output.lines().map(serde_json::from_str).collect();
    let lines = lines?;
    let events: Vec<_> = lines
        .iter()
        .map(|line| (line["event"].as_str(), line["id"].as_u64()))
        .collect();
    let mut expected = Vec::new();
    for id in 1..=4 {
        expected.extend([(Some("arrival"), Some(id)), (Some("forward"), Some(id))]);
    }
    expected.push((Some("end"), None));
    assert_eq!(events, expected);
    assert_eq!(lines[0]["report"]["verified"], true);
    assert_eq!(lines[0]["report"]["invoice_id"], "GENUINE1");
    assert_eq!(lines[0]["report"]["postback"]["order_id"], "ORDER_93223");
    assert_eq!(lines[0]["method"], "POST");
    assert_eq!(lines[1]["status"], 200);
    assert_eq!(lines[2]["report"]["kind"], "TokenSignature");
    assert_eq!(lines[3]["status"], 401);
    assert_eq!(lines[6]["status"], Value::Null);
    assert_eq!(lines[7]["status"], 502);
    let error = lines[7]["not_forwarded"].as_str().ok_or("no error")?;
    assert!(error.contains("your server cannot be reached"), "{error}");
    let counts = json!({ "not_forwarded": 1, "refused": 1, "unchecked": 0, "verified": 3 });
    assert_eq!(lines[8]["counts"], counts);
    Ok(())
}

#[tokio::test]
async fn a_wrong_path_has_a_line() -> TestResult {
    let mut listener = Listener::start(&["--json"])?;
    let wrong = format!("{}/wrong", listener.origin);
    listener.client.post(wrong).send().await?;
    let line: Value = serde_json::from_str(&listener.line()?)?;
    let expected = json!({ "event": "wrong-path", "expected": "/postback", "path": "/wrong" });
    assert_eq!(line, expected);
    Ok(())
}

#[test]
fn a_failure_to_start_is_an_object() -> TestResult {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let output = command(&["--json", "--addr", &address]).output()?;
    assert_eq!(output.status.code(), Some(2));
    let line: Value = serde_json::from_slice(&output.stdout)?;
    let error = line["error"].as_str().ok_or("no error")?;
    assert!(error.starts_with("cannot listen on 127.0.0.1:"), "{error}");
    Ok(())
}
