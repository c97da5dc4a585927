//! Verdicts about simple endpoints; real ones are attacked in the workspace's package `tests`.

use crate::{endpoint::Endpoint, program::call};

#[test]
fn the_list_needs_neither_a_secret_nor_a_url() {
    let mut command = crate::program::program(&["send", "--forge", "list"]);
    let ended = crate::program::run(command.env_remove("CRYPTOCLOUD_SECRET_KEY"), b"");
    assert_eq!(ended.code, Some(0));
    assert!(
        ended
            .stdout
            .contains("token-missing         401       no token\n")
    );
    assert!(ended.stdout.contains("changed-amount        review    "));
    let list = call(&["send", "--forge", "list", "--json"]).json();
    let list = list.as_array().expect("attacks").clone();
    assert_eq!(list.len() + 1, ended.stdout.lines().count());
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
    check("401 Unauthorized", "token-missing", "ok", 0);
    // Other receivers may refuse with another status.
    check("403 Forbidden", "token-missing", "ok", 0);
    check("200 OK", "token-missing", "wrong", 1);
    check("202 Accepted", "large", "wrong", 1);
    check("500 Internal Server Error", "token-missing", "error", 1);
    check("302 Found", "token-missing", "error", 1);
    check("200 OK", "changed-amount", "review", 0);
    check("401 Unauthorized", "changed-amount", "review", 0);
    check("503 Service Unavailable", "changed-amount", "error", 1);
}

#[test]
fn closing_the_connection_refuses_only_a_large_body() {
    for (kind, verdict, code) in [("large", "ok", 0), ("token-missing", "error", 1)] {
        let endpoint = Endpoint::responding_with("");
        let ended = call(&["send", "--url", &endpoint.url(), "--forge", kind, "--json"]);
        assert_eq!(ended.json()["attacks"][0]["verdict"], verdict);
        assert_eq!(ended.code, Some(code));
    }
}

#[test]
fn no_response_is_an_error() {
    // The system accepts connections, and no request gets a response.
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
    assert_eq!(ended.json()["attacks"][0]["verdict"], "error");
    assert_eq!(ended.code, Some(1));
}

#[test]
fn an_endpoint_that_refuses_everything_is_inconclusive() {
    let endpoint = Endpoint::with_status("404 Not Found", "");
    let ended = call(&["send", "--url", &endpoint.url(), "--forge", "all"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stdout
            .contains("inconclusive: genuine postbacks were refused too"),
        "{ended:?}"
    );
}

#[test]
fn each_attack_has_a_new_invoice_and_the_given_order() {
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
fn invalid_arguments() {
    let url = "http://127.0.0.1:1/";
    call(&["send", "--url", url, "--forge", "nonsense"]).fails("unknown attack nonsense");
    call(&["send", "--url", url, "--forge", "all"]).fails("refused");
    call(&["send", "--url", url, "--forge", "expired"]).fails("refused");
    call(&["send", "--forge", "all"]).fails("--url");
    let both = call(&["send", "--url", url, "--forge", "all", "--repeat", "2"]);
    assert_eq!(both.code, Some(2));
}
