//! The verdicts; what real endpoints answer is tested in the workspace's package `tests`.

use crate::{endpoint::Endpoint, program::call};

#[test]
fn the_list_needs_neither_a_secret_nor_a_url() {
    let mut command = crate::program::program(&["send", "--forge", "list"]);
    let ended = crate::program::run(command.env_remove("CRYPTOCLOUD_SECRET_KEY"), b"");
    assert_eq!(ended.code, Some(0));
    assert!(
        ended
            .stdout
            .contains("token-missing         401   no token at all\n")
    );
    assert!(ended.stdout.contains("changed-amount        look  "));
    let list = call(&["send", "--forge", "list", "--json"]).json();
    let list = list.as_array().expect("attacks").clone();
    assert_eq!(list.len(), ended.stdout.lines().count());
    let large = list.iter().find(|attack| attack["name"] == "large");
    assert_eq!(large.expect("an attack")["expected"], 413);
}

#[track_caller]
fn check(status: &str, kind: &str, verdict: &str, code: i32) {
    let endpoint = Endpoint::with_status(status, "");
    let arguments = ["send", "--url", &endpoint.url(), "--forge", kind];
    let ended = call(&[&arguments[..], &["--json"]].concat());
    assert_eq!(ended.code, Some(code), "{ended:?}");
    let results = ended.json();
    assert_eq!(results["attacks"][0]["verdict"], verdict);
    assert_eq!(results["controls"], serde_json::json!([]));
    let ended = call(&arguments);
    let shown = if verdict == "wrong" { "WRONG" } else { verdict };
    assert!(
        ended.stdout.lines().any(|line| line.starts_with(shown)),
        "{ended:?}"
    );
}

#[test]
fn verdicts() {
    check("401 Unauthorized", "token-missing", "right", 0);
    // Another receiver may have other reasons.
    check("403 Forbidden", "token-missing", "right", 0);
    check("200 OK", "token-missing", "wrong", 1);
    check("202 Accepted", "large", "wrong", 1);
    check("500 Internal Server Error", "token-missing", "fault", 1);
    check("302 Found", "token-missing", "fault", 1);
    check("200 OK", "changed-amount", "look", 0);
    check("401 Unauthorized", "changed-amount", "look", 0);
    check("503 Service Unavailable", "changed-amount", "fault", 1);
}

#[test]
fn an_endpoint_that_closes_has_refused_what_is_too_large_only() {
    for (kind, verdict, code) in [("large", "right", 0), ("token-missing", "fault", 1)] {
        let endpoint = Endpoint::answering("");
        let ended = call(&["send", "--url", &endpoint.url(), "--forge", kind, "--json"]);
        assert_eq!(ended.json()["attacks"][0]["verdict"], verdict);
        assert_eq!(ended.code, Some(code));
    }
}

#[test]
fn an_endpoint_that_is_silent_has_refused_nothing() {
    // Connections are made by the system, and nobody answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let silent = [
        "send",
        "--url",
        &url,
        "--timeout",
        "1",
        "--json",
        "--forge",
        "large",
    ];
    let ended = call(&silent);
    assert_eq!(ended.json()["attacks"][0]["verdict"], "fault");
    assert_eq!(ended.code, Some(1));
}

#[test]
fn all_with_an_endpoint_that_refuses_everything_proves_nothing() {
    let endpoint = Endpoint::with_status("404 Not Found", "");
    let ended = call(&["send", "--url", &endpoint.url(), "--forge", "all"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stdout.contains("no refusal proves anything"),
        "{ended:?}"
    );
}

#[test]
fn bodies_have_invoices_of_their_own_and_the_order_that_was_asked_for() {
    let endpoint = Endpoint::with_status("401 Unauthorized", "");
    let mut invoices = Vec::new();
    for kind in ["token-missing", "other-secret", "expired"] {
        call(&[
            "send",
            "--url",
            &endpoint.url(),
            "--forge",
            kind,
            "--order-id",
            "MINE",
        ]);
        let body: serde_json::Value =
            serde_json::from_slice(&endpoint.request().body).expect("JSON");
        assert_eq!(body["order_id"], "MINE");
        invoices.push(body["invoice_id"].to_string());
    }
    invoices.dedup();
    assert_eq!(invoices.len(), 3);
}

#[test]
fn what_cannot_be() {
    let url = "http://127.0.0.1:1/";
    call(&["send", "--url", url, "--forge", "nonsense"]).fails("no attack is called nonsense");
    call(&["send", "--url", url, "--forge", "all"]).fails("refused");
    call(&["send", "--url", url, "--forge", "expired"]).fails("refused");
    call(&["send", "--forge", "all"]).fails("--url");
    let both = call(&["send", "--url", url, "--forge", "all", "--repeat", "2"]);
    assert_eq!(both.code, Some(2));
}
