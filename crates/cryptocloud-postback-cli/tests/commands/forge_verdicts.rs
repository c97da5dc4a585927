//! The verdict about one attack.

use serde_json::{Value, json};

use crate::{endpoint::Endpoint, program::call};

/// An endpoint that accepts genuine postbacks of one format, and has one status for an attack.
#[track_caller]
fn check(status: u16, attack: &str, verdict: &str, code: i32) {
    let (ended, results) = single(status, attack);
    assert_eq!(results["attacks"][0]["verdict"], verdict, "{results}");
    assert_eq!(results["controls"].as_array().map(Vec::len), Some(2));
    assert_eq!(ended, Some(code), "{results}");
}

fn single(status: u16, attack: &str) -> (Option<i32>, Value) {
    // Genuine, genuine without an order, the attack, genuine.
    in_turn([200, 200, status, 200], attack)
}

/// Sends one attack to an endpoint that responds with these statuses.
fn in_turn<const N: usize>(statuses: [u16; N], attack: &str) -> (Option<i32>, Value) {
    let endpoint = Endpoint::responding_in_turn(statuses.map(response));
    let url = endpoint.url();
    let ended = call(&[
        "send", "--url", &url, "--pause", "0", "--forge", attack, "--json",
    ]);
    (ended.code, ended.json())
}

#[test]
fn what_is_inconclusive_alone_is_sent_again() {
    // Limited together with the genuine postback after it, and then alone.
    let statuses = [200, 200, 429, 429, 429, 200, 401, 200];
    let (code, results) = in_turn(statuses, "token-missing");
    assert_eq!(results["attacks"][0]["status"], 401, "{results}");
    assert_eq!(code, Some(0));
    // The genuine postback of a replay is refused, so that nothing was replayed.
    let (code, results) = in_turn([200, 200, 403, 200, 200, 200, 409, 200], "replay");
    assert_eq!(results["attacks"][0]["status"], 409, "{results}");
    assert_eq!(
        (code, &results["attacks"][0]["verdict"]),
        (Some(0), &json!("ok"))
    );
}

#[test]
fn verdicts() {
    check(401, "token-missing", "ok", 0);
    // Other receivers may refuse with another status.
    check(403, "token-missing", "ok", 0);
    check(200, "token-missing", "bypass", 1);
    check(202, "other-invoice", "bypass", 1);
    check(200, "expired", "weakness", 1);
    check(200, "invoice-operator", "weakness", 1);
    check(202, "large", "strictness", 0);
    check(500, "token-missing", "error", 1);
    check(302, "token-missing", "error", 1);
    // Refused, though not well.
    check(500, "json-deep", "error", 0);
    check(200, "changed-amount", "review", 0);
    check(401, "changed-amount", "ok", 0);
    // How some servers say that they know no such method.
    check(501, "put", "ok", 0);
    check(503, "changed-amount", "error", 1);
}

#[test]
fn a_closed_connection_is_no_verdict_of_weight_about_a_malformed_body() {
    let good = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (attack, code) in [("large", 0), ("token-missing", 1)] {
        let endpoint = Endpoint::responding_in_turn([good, good, "", good].map(str::to_owned));
        let url = endpoint.url();
        let ended = call(&["send", "--url", &url, "--forge", attack, "--json"]);
        assert_eq!(ended.json()["attacks"][0]["verdict"], "error");
        assert_eq!(ended.code, Some(code));
    }
}

#[test]
fn what_was_accepted_is_certain_despite_a_ban() {
    let endpoint = Endpoint::responding_in_turn([200, 200, 200, 401, 403].map(response));
    let url = endpoint.url();
    let only = [
        "--only",
        "token-missing,other-secret",
        "--pause",
        "0",
        "--json",
    ];
    let ended = call(&[&["send", "--url", &url, "--forge", "all"], &only[..]].concat());
    let results = ended.json();
    let verdicts = ["bypass", "inconclusive"];
    for (row, verdict) in results["attacks"]
        .as_array()
        .into_iter()
        .flatten()
        .zip(verdicts)
    {
        assert_eq!(row["verdict"], verdict, "{results}");
    }
    assert_eq!((ended.code, &results["not_sent"]), (Some(1), &json!(0)));
}

/// As an inbox responds, which handles one of them at a time.
#[test]
fn of_many_copies_one_is_accepted() {
    let with =
        |status| format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let responses = std::array::from_fn::<_, 34, _>(|i| with(if i < 3 { 200 } else { 503 }));
    let endpoint = Endpoint::responding_in_turn(responses);
    let ended = call(&[
        "send",
        "--url",
        &endpoint.url(),
        "--forge",
        "copies",
        "--json",
    ]);
    assert_eq!(ended.json()["verdicts"], json!({ "ok": 2, "review": 1 }));
    assert_eq!(ended.code, Some(0));
}

#[test]
fn an_error_in_the_body_is_said() {
    let check = |[genuine, attack]: [&str; 2]| {
        let with = |body: &str| {
            let length = body.len();
            format!("HTTP/1.1 200 x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        };
        let responses = [genuine, genuine, attack, genuine].map(with);
        let endpoint = Endpoint::responding_in_turn(responses);
        let url = endpoint.url();
        let ended = call(&["send", "--url", &url, "--forge", "token-missing", "--json"]);
        let conclusion = ended.json()["conclusions"][0].clone();
        assert_eq!(ended.code, Some(1));
        let text = conclusion["text"].as_str().expect("a text").to_owned();
        (
            conclusion["class"].as_str().expect("a class").to_owned(),
            text,
        )
    };
    for body in [
        r#"{"error":"Invalid token"}"#,
        r#"{"error":{"code":1}}"#,
        r#"{"status":"error"}"#,
        r#"{"success":false}"#,
    ] {
        let (class, text) = check([r#"{"error":null}"#, body]);
        assert_eq!(class, "bypass");
        assert!(text.contains("the vendor reads only the status"), "{text}");
        let (class, text) = check([body, body]);
        assert_eq!(class, "stopped");
        assert!(text.contains("the vendor reads only the status"), "{text}");
    }
    for body in [
        "",
        "{}",
        r#"{"error":""}"#,
        r#"{"status":"ok","error":false}"#,
        "[]",
    ] {
        let (_, text) = check(["", body]);
        assert!(text.starts_with("Anyone can confirm any invoice"), "{text}");
    }
}

#[test]
fn an_endpoint_that_accepts_everything_may_say_otherwise_in_its_bodies() {
    let with = |body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    };
    let bodies = [
        "",
        "",
        r#"{"error":"no token"}"#,
        "",
        r#"{"error":"no JSON"}"#,
    ];
    let endpoint = Endpoint::responding_in_turn(bodies.map(with));
    let ended = call(&["send", "--url", &endpoint.url(), "--forge", "all", "--json"]);
    let conclusions = &ended.json()["conclusions"];
    assert_eq!(conclusions[0]["attacks"], json!(["token-missing", "empty"]));
    assert_eq!(conclusions[1]["attacks"], json!(["other-secret"]));
    for (conclusion, text) in [
        (0, "A 2xx with an error in its body"),
        (1, "Anyone can confirm"),
    ] {
        assert_eq!(conclusions[conclusion]["class"], "bypass");
        let shown = conclusions[conclusion]["text"].as_str().expect("a text");
        assert!(shown.starts_with(text), "{shown}");
    }
    assert_eq!(conclusions.as_array().map(Vec::len), Some(2));
}

fn response(status: u16) -> String {
    format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
