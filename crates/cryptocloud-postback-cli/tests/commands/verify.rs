use cryptocloud_postback::{
    Check, ErrorKind,
    testing::{NOW, PostbackBuilder},
};
use serde_json::json;

use crate::program::{Ended, SECRET, TempFile, program, run};

fn builder() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).at(NOW).order_id("ORDER_93223")
}

/// Verifies at the time of the builder.
#[track_caller]
fn verify(postback: &PostbackBuilder, arguments: &[&str]) -> Ended {
    verify_at(NOW.as_secs(), postback, arguments)
}

#[track_caller]
fn verify_at(now: u64, postback: &PostbackBuilder, arguments: &[&str]) -> Ended {
    let mut command = program(&["verify", "--at", &now.to_string()]);
    let body = postback.json().body();
    let ended = run(command.args(arguments), &body);
    assert_eq!(ended.stderr, "");
    // No part of the token is shown.
    assert!(!ended.stdout.contains("eyJ"), "{ended:?}");
    ended
}

#[track_caller]
fn refused(ended: &Ended, kind: &str, hint: &str) {
    let report = ended.json();
    assert_eq!(ended.code, Some(1));
    assert_eq!(report["kind"], kind);
    let checks = report["checks"].as_array().expect("checks");
    let failed = checks.iter().position(|check| check["result"] == "failed");
    let failed = failed.expect("a failed check");
    for (index, check) in checks.iter().enumerate() {
        let expected = match index {
            _ if index < failed => "ok",
            _ if index == failed => "failed",
            _ => "skipped",
        };
        assert_eq!(check["result"], expected, "{report}");
    }
    let shown = checks[failed]["hint"].as_str().expect("a hint");
    assert!(shown.contains(hint), "{shown}");
}

#[test]
fn a_genuine_postback_passes_every_check() {
    let ended = verify(&builder(), &["--json"]);
    assert_eq!(ended.code, Some(0));
    let report = ended.json();
    let names: Vec<_> = report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .map(|check| (check["check"].as_str(), check["result"].as_str()))
        .collect();
    let all = [
        "request",
        "format",
        "fields",
        "token",
        "signature",
        "claims",
        "time",
        "invoice",
        "status",
    ];
    assert_eq!(names, all.map(|name| (Some(name), Some("ok"))));
    assert_eq!(report["verified"], true);
    assert_eq!(report["invoice_id"], "ILRAJE1Q");
    assert_eq!(report["expires_at"], NOW.as_secs() + 240);
    let payload = &report["postback"];
    assert_eq!(payload["amount_crypto"], "0.000113");
    assert_eq!(payload["order_id"], "ORDER_93223");
    assert_eq!(payload["invoice_info"]["amount_paid"], "0.000113");
    assert_eq!(payload["invoice_info"]["status"], "paid");
    assert_eq!(payload["invoice_info"]["test_mode"], false);
}

#[test]
fn the_report_as_text() {
    let ended = verify(&builder(), &[]);
    assert_eq!(ended.code, Some(0));
    let signature = format!("ok      signature  {}", Check::Signature);
    for line in [
        signature.as_str(),
        "verified: invoice ILRAJE1Q",
        "reported, but not signed by the token",
        "  amount_crypto                 0.000113",
    ] {
        assert!(ended.stdout.lines().any(|known| known == line), "{ended:?}");
    }
    let ended = verify(
        &builder().secret("another-key-of-thirty-two-bytes-or-more"),
        &[],
    );
    assert_eq!(ended.code, Some(1));
    for line in [
        format!("ok      token      {}", Check::Token).as_str(),
        &format!("failed  signature  {}", Check::Signature),
        &format!("                   {}", ErrorKind::TokenSignature),
        "                   is your secret the SECRET KEY of this project, and not its",
        "                   API KEY?",
        &format!("-       claims     {}", Check::Claims),
        "refused with status 401: the body claims invoice ILRAJE1Q",
        "reported, but not signed by the token",
    ] {
        assert!(ended.stdout.lines().any(|known| known == line), "{ended:?}");
    }
}

#[test]
fn hints_contain_the_actual_values() {
    let late = |seconds: u64| NOW.as_secs() + 240 + seconds;
    let ended = verify_at(late(72), &builder(), &["--json"]);
    refused(
        &ended,
        "TokenExpired",
        "expired 72 seconds ago: is this machine's clock fast",
    );
    let ended = verify_at(late(12), &builder(), &["--json", "--leeway", "0"]);
    refused(&ended, "TokenExpired", "expired 12 seconds ago");
    let ended = verify_at(late(0) - 4_000, &builder(), &["--json"]);
    refused(&ended, "TokenLifetime", "expires in 67 minutes");
    let other = builder().invoice_id("OTHER234").signed_token();
    let ended = verify(&builder().token(&other), &["--json"]);
    refused(
        &ended,
        "InvoiceMismatch",
        "the token belongs to invoice OTHER234",
    );
    let ended = verify(&builder().remove("token"), &["--json"]);
    refused(&ended, "TokenMissing", "always sends");
}

#[test]
fn each_rule_has_an_option() {
    let canceled = builder().status("canceled");
    refused(
        &verify(&canceled, &["--json"]),
        "StatusRefused",
        "sends only success",
    );
    assert_eq!(verify(&canceled, &["--accept-any-status"]).code, Some(0));

    let test = builder().test_mode(true);
    assert_eq!(verify(&test, &[]).code, Some(0));
    let live = ["--json", "--require-live-payment"];
    assert_eq!(verify(&builder(), &live).code, Some(0));
    refused(&verify(&test, &live), "TestModeRefused", "what is a test");
    let unknown = builder().remove("invoice_info");
    refused(&verify(&unknown, &live), "TestModeUnknown", "only in JSON");

    let link = builder().field("order_id", "null");
    assert_eq!(verify(&link, &[]).code, Some(0));
    refused(
        &verify(&link, &["--json", "--require-order-id"]),
        "MissingId",
        "documentation",
    );

    let multipart = [
        "--json",
        "--content-type",
        "multipart/form-data; boundary=x",
    ];
    refused(
        &verify(&builder(), &multipart),
        "MediaType",
        "project's settings",
    );
    let rfc3339 = ["--json", "--at", "2026-01-01T10:23:15Z"];
    let body = builder().json().body();
    let mut command = program(&["verify"]);
    assert_eq!(run(command.args(rfc3339), &body).code, Some(0));
}

#[test]
fn oddities_are_notes_and_never_refuse() {
    let notes = |postback: &PostbackBuilder| {
        let ended = verify(postback, &["--json"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.json()["postback"]["notes"].clone()
    };
    assert_eq!(notes(&builder()), json!([]));
    let uuid = "invoice_info.uuid names another invoice";
    let odd = builder()
        .info_field("uuid", r#""INV-OTHER234""#)
        .info_field("step", r#""3""#)
        .info_field("currency", r#"{"network":{"id":"x"}}"#);
    let unreadable = [
        "invoice_info.currency.network.id cannot be read",
        "invoice_info.step cannot be read",
    ];
    assert_eq!(notes(&odd), json!([uuid, unreadable[0], unreadable[1]]));
    let none = builder().field("invoice_info", "[]");
    assert_eq!(notes(&none), json!(["invoice_info is not an object"]));

    let by_hand = odd.field("amount_crypto", "null").remove("currency");
    let ended = verify(&by_hand, &[]);
    for line in [
        "  amount_crypto                 (none)",
        "  currency                      (none)",
        &format!("  notes                         {uuid}"),
    ] {
        assert!(ended.stdout.lines().any(|known| known == line), "{ended:?}");
    }
}

#[test]
fn rotated_and_short_secrets() {
    let files = ["another-key-of-thirty-two-bytes-or-more", SECRET].map(TempFile::new);
    let [other, right] = &files;
    let both = ["--secret-file", other.path(), "--secret-file", right.path()];
    assert_eq!(verify(&builder(), &both).code, Some(0));
    assert_eq!(verify(&builder(), &both[..2]).code, Some(1));
    let short = TempFile::new("short");
    let signed = builder().secret("short");
    let arguments = ["--secret-file", short.path(), "--allow-short-secret"];
    assert_eq!(verify(&signed, &arguments).code, Some(0));
}

#[test]
fn files_and_standard_input_are_read_up_to_the_limit() {
    let file = TempFile::new(builder().form().body());
    let at = NOW.as_secs().to_string();
    let ended = run(
        &mut program(&["verify", "--json", "--at", &at, file.path()]),
        b"",
    );
    assert_eq!(ended.json()["postback"]["format"], "form");
    let ended = run(
        &mut program(&["verify", "--json", "--at", &at, "-"]),
        b"x=1",
    );
    assert_eq!(ended.json()["postback"], json!(null));
    // Reading stops at the limit of an endless file.
    let ended = run(&mut program(&["verify", "--json", "/dev/zero"]), b"");
    refused(&ended, "BodyTooLarge", "enlarged by a proxy");
}

#[test]
fn a_sender_cannot_control_the_terminal() {
    let hostile = builder().info_field("address", r#""\u001b[2J\u009b31m\u202e\r\nok""#);
    let ended = verify(&hostile, &[]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stdout.contains(r"\u{1b}[2J\u{9b}31m\u{202e}\r\nok"),
        "{ended:?}"
    );
    assert!(ended.stdout.chars().all(|c| c == '\n' || !c.is_control()));
    let ended = verify(&hostile, &["--json"]);
    assert_eq!(
        ended.json()["postback"]["invoice_info"]["address"],
        "\u{1b}[2J\u{9b}31m\u{202e}\r\nok"
    );
    assert!(
        ended
            .stdout
            .trim_end()
            .chars()
            .all(|c| !c.is_control() && c != '\u{202e}')
    );

    // What looks like an escape is not one.
    let backslash = builder().info_field("address", r#""\\u{1b}\"ü€""#);
    let ended = verify(&backslash, &[]);
    assert!(ended.stdout.contains(r#"\\u{1b}"ü€"#), "{ended:?}");

    let forged = builder().claims("{\"id\":\"\\u001b[2J\",\"exp\":1767263200}");
    let ended = verify(&forged, &[]);
    assert!(ended.stdout.contains(r"\u{1b}[2J"), "{ended:?}");
    assert!(ended.stdout.chars().all(|c| c == '\n' || !c.is_control()));
}
