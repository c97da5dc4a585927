use cryptocloud_postback::{
    Currency, Format, InvoiceStatus, RequestHead, SecretKey, Verified, Verifier,
};

use crate::program::{SECRET, TempFile, call, program, run};

/// Verifies what was printed, as a receiver would.
#[track_caller]
fn verified(format: Format, body: &str) -> Verified {
    let verifier = Verifier::new(SecretKey::new(SECRET).expect("a secret")).expect("a verifier");
    let head = RequestHead::from_content_type(Some(format.content_type().as_bytes()));
    verifier
        .verify(head, body.to_owned().into())
        .expect("a genuine postback")
}

#[test]
fn json_with_every_option() {
    let ended = call(&[
        "sign",
        "--invoice-id",
        "INV-CLITEST1",
        "--order-id",
        "ORDER \"1\"",
        "--amount",
        "1e-05",
        "--currency",
        "USDT_TRC20",
        "--scenario",
        "test",
    ]);
    assert_eq!(ended.code, Some(0));
    let postback = verified(Format::Json, &ended.stdout);
    let reported = postback.reported();
    assert_eq!(postback.invoice_id().as_str(), "CLITEST1");
    assert_eq!(reported.order_id.as_deref(), Some("ORDER \"1\""));
    assert_eq!(reported.amount_crypto, "0.00001".parse().ok());
    assert_eq!(reported.currency, Some(Currency::UsdtTrc20));
    let info = reported.invoice_info().expect("an object");
    assert_eq!(info.test_mode, Some(true));
    assert_eq!(info.faults(), [""; 0]);
    assert!(!ended.stdout.ends_with('\n'));
}

#[test]
fn a_partial_payment() {
    let ended = call(&["sign", "--amount", "2", "--paid", "0.5"]);
    let postback = verified(Format::Json, &ended.stdout);
    let reported = postback.reported();
    assert_eq!(reported.amount_crypto, "0.5".parse().ok());
    let info = reported.invoice_info().expect("an object");
    assert_eq!(info.amount, "2".parse().ok());
    assert_eq!(info.status, Some(InvoiceStatus::Partial));
}

#[test]
fn form() {
    let ended = call(&["sign", "--format", "form", "--order-id", "A&B"]);
    let postback = verified(Format::Form, &ended.stdout);
    assert_eq!(postback.reported().order_id.as_deref(), Some("A&B"));
}

#[test]
fn each_postback_has_a_new_invoice() {
    let id = || {
        let ended = call(&["sign"]);
        verified(Format::Json, &ended.stdout)
            .invoice_id()
            .to_string()
    };
    let (first, second) = (id(), id());
    assert_eq!(first.len(), 8);
    assert_ne!(first, second);
}

#[test]
fn only_the_token() {
    let token = call(&["sign", "--token", "--invoice-id", "CLITEST2"]);
    let token = token.stdout.strip_suffix('\n').expect("a line");
    let body =
        format!("status=success&invoice_id=CLITEST2&amount_crypto=1&currency=BTC&token={token}");
    assert_eq!(
        verified(Format::Form, &body).invoice_id().as_str(),
        "CLITEST2"
    );
}

#[test]
fn only_the_token_of_a_given_body_changes() {
    let json = "{\"token\": \"old\",\n\"status\":\"success\", \"invoice_id\":\"CLITEST3\",\"amount_crypto\":1e-05,\"currency\":\"BNB\"}";
    let ended = run(&mut program(&["sign", "--body", "-"]), json.as_bytes());
    let _ = verified(Format::Json, &ended.stdout);
    let (before, rest) = ended.stdout.split_once("\"ey").expect("a token");
    let (_, after) = rest.split_once('"').expect("its end");
    assert_eq!(format!("{before}\"old\"{after}"), json);

    let file =
        TempFile::new("status=success&invoice_id=CLITEST4&token=&amount_crypto=1&currency=BNB");
    let ended = call(&["sign", "--body", file.path()]);
    assert_eq!(
        verified(Format::Form, &ended.stdout).invoice_id().as_str(),
        "CLITEST4"
    );

    let other = call(&[
        "sign",
        "--body",
        file.path(),
        "--invoice-id",
        "OTHER234",
        "--token",
    ]);
    assert_ne!(other.stdout, ended.stdout);
}

#[test]
fn tokens_expire_relative_to_now() {
    let ended = call(&["sign", "--expires-in", "-100"]);
    let report = run(&mut program(&["verify", "--json"]), ended.stdout.as_bytes()).json();
    assert_eq!(report["kind"], "TokenExpired");
    let ended = call(&["sign", "--expires-in=-30", "--status", "canceled"]);
    let report = run(&mut program(&["verify", "--json"]), ended.stdout.as_bytes()).json();
    assert_eq!(report["kind"], "StatusRefused");
}

#[test]
fn one_line_break_is_removed_from_a_secret_file() {
    for (content, is_valid) in [
        (SECRET.to_owned(), true),
        (format!("{SECRET}\n"), true),
        (format!("{SECRET}\r\n"), true),
        (format!("{SECRET}\n\n"), false),
        (format!(" {SECRET}"), false),
    ] {
        let file = TempFile::new(&content);
        let mut command = program(&["sign", "--secret-file", file.path()]);
        // The file takes precedence over the environment.
        let ended = run(command.env("CRYPTOCLOUD_SECRET_KEY", "another-secret"), b"");
        if is_valid {
            drop(verified(Format::Json, &ended.stdout))
        } else {
            ended.fails("white space at its start or end")
        }
    }
}
