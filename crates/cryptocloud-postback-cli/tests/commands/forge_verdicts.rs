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
    // Genuine JSON, genuine form, the attack, genuine JSON.
    in_turn([200, 200, status, 200], attack)
}

/// Sends one attack to an endpoint that responds with these statuses.
fn in_turn<const N: usize>(statuses: [u16; N], attack: &str) -> (Option<i32>, Value) {
    let endpoint = Endpoint::responding_in_turn(statuses.map(|status| {
        format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }));
    let url = endpoint.url();
    let ended = call(&[
        "send", "--url", &url, "--pause", "0", "--forge", attack, "--json",
    ]);
    (ended.code, ended.json())
}

#[test]
fn what_is_inconclusive_alone_is_sent_again() {
    // Limited four times, although genuine postbacks are accepted.
    let statuses = [200, 200, 429, 429, 429, 429, 200, 200, 401, 200];
    let (code, results) = in_turn(statuses, "token-missing");
    assert_eq!(results["attacks"][0]["status"], 401, "{results}");
    assert_eq!(code, Some(0));
    // The genuine postback of a replay is refused, so that nothing was replayed.
    let (code, results) = in_turn([200, 200, 403, 200, 200, 200, 200, 409, 200], "replay");
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
    check(501, "get", "ok", 0);
    check(501, "token-missing", "error", 1);
    check(503, "changed-amount", "error", 1);
}

#[test]
fn closing_the_connection_refuses_only_a_large_body() {
    let good = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (attack, verdict, code) in [("large", "ok", 0), ("token-missing", "error", 1)] {
        let endpoint = Endpoint::responding_in_turn([good, good, "", good].map(str::to_owned));
        let ended = call(&[
            "send",
            "--url",
            &endpoint.url(),
            "--forge",
            attack,
            "--json",
        ]);
        assert_eq!(ended.json()["attacks"][0]["verdict"], verdict);
        assert_eq!(ended.code, Some(code));
    }
}
