//! Each scenario of the simulator, as the library reads it and as a shop compares it.

use cryptocloud_postback::{
    Amount, Currency, Expected, InvoiceInfo, InvoiceStatus, RequestHead, SecretKey, Verified,
    Verifier,
};
use serde_json::Value;

use crate::{
    endpoint::Endpoint,
    program::{Ended, SECRET, TempFile, call, program, run},
};

fn verified(body: &str) -> Verified {
    let verifier = Verifier::new(SecretKey::new(SECRET).expect("a secret")).expect("a verifier");
    let verifier = verifier.verify(RequestHead::from_content_type(None), body.to_owned().into());
    verifier.expect("a genuine postback")
}

fn sign(scenario: &str, arguments: &[&str]) -> (Verified, InvoiceInfo) {
    let ended = call(&[&["sign", "--scenario", scenario], arguments].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let postback = verified(&ended.stdout);
    let info = postback.reported().invoice_info().expect("invoice_info");
    assert_eq!(info.faults(), [""; 0]);
    assert!(!postback.reported().uuid_differs());
    agrees(&postback, &info);
    (postback, info)
}

/// No two fields contradict each other.
#[track_caller]
fn agrees(postback: &Verified, info: &InvoiceInfo) {
    let decimal = |amount: Option<Amount>| amount.expect("an amount").as_decimal();
    let reported = postback.reported();
    let (amount, paid) = (decimal(info.amount), decimal(info.amount_paid));
    assert_eq!(reported.amount_crypto, info.amount_paid);
    assert_eq!(decimal(info.received) + decimal(info.service_fee), paid);
    let missing = (amount - paid).max(0.into());
    assert_eq!(decimal(info.to_surcharge), missing);
    let (usd, paid_usd) = (decimal(info.amount_usd), decimal(info.amount_paid_usd));
    assert_eq!(amount.cmp(&paid), usd.cmp(&paid_usd), "{info:?}");
    assert_eq!(info.amount_usd, info.amount_in_fiat);
    let status = match paid.cmp(&amount) {
        std::cmp::Ordering::Less => InvoiceStatus::Partial,
        std::cmp::Ordering::Equal => InvoiceStatus::Paid,
        std::cmp::Ordering::Greater => InvoiceStatus::Overpaid,
    };
    assert_eq!(info.status, Some(status));
    assert_eq!(info.invoice_status, Some(reported.status.clone()));
    let currency = info.currency.as_ref().expect("a currency");
    assert_eq!(
        currency.fullcode.as_deref(),
        reported.currency.as_ref().map(Currency::as_str)
    );
    assert!(info.created < info.date_finished && info.date_finished < info.expiry_date);
}

/// What a shop says that expects 2 USDT for the order `ORDER_1`.
fn problem(postback: &Verified) -> Option<String> {
    let expected = Expected::invoice(postback.invoice_id().clone())
        .order("ORDER_1")
        .currency(Currency::UsdtTrc20)
        .minimum_paid("2".parse().expect("an amount"));
    let problem = postback.check(&expected).err()?.to_string();
    Some(problem.replace("postback does not match the order: ", ""))
}

#[test]
fn each_scenario_agrees_with_itself_and_with_an_order() {
    let price = ["--amount", "2", "--currency", "USDT_TRC20"];
    let order = [&price[..], &["--order-id", "ORDER_1"]].concat();
    for (scenario, arguments, expected) in [
        ("paid", &order[..], None),
        ("partial", &order, Some("amount too low")),
        ("overpaid", &order, None),
        ("test", &order, None),
        ("static-wallet", &order, None),
        ("static-wallet", &price, Some("order differs")),
        ("donation", &price, Some("order is not reported")),
        ("no-order", &price, Some("order is not reported")),
    ] {
        let (postback, info) = sign(scenario, arguments);
        assert_eq!(problem(&postback).as_deref(), expected, "{scenario}");
        assert_eq!(info.test_mode, Some(scenario == "test"));
        let length = if scenario == "static-wallet" { 32 } else { 8 };
        assert_eq!(postback.invoice_id().as_str().len(), length);
    }
    let (postback, _) = sign("partial", &["--amount", "3"]);
    assert_eq!(postback.reported().amount_crypto, "1.5".parse().ok());
    let (postback, _) = sign("overpaid", &["--amount", "0.000113"]);
    assert_eq!(postback.reported().amount_crypto, "0.000226".parse().ok());
    // Null in one, missing in the other.
    let order = |scenario: &str| -> Option<Value> {
        let ended = call(&["sign", "--scenario", scenario]);
        ended.json().get("order_id").cloned()
    };
    assert_eq!(
        [order("donation"), order("no-order")],
        [Some(Value::Null), None]
    );
}

#[test]
fn what_is_not_paid_has_received_nothing() {
    for status in ["canceled", "created"] {
        let ended = call(&["sign", "--status", status]);
        let body = ended.json();
        let info = &body["invoice_info"];
        for field in [&body["status"], &info["status"], &info["invoice_status"]] {
            assert_eq!(field, status);
        }
        for field in ["amount_paid", "received", "amount_paid_usd"] {
            assert_eq!(info[field], 0, "{field}");
        }
        assert_eq!(
            (&body["amount_crypto"], &info["tx_list"][0]),
            (&Value::from(0), &Value::Null)
        );
        assert_eq!(info["date_finished"], Value::Null);
    }
}

#[test]
fn a_field_is_set_last() {
    let set = |arguments: &[&str]| -> Value {
        let ended = call(&[&["sign"], arguments].concat());
        drop(verified(&ended.stdout));
        ended.json()
    };
    let body = set(&[
        "--set",
        "invoice_info.test_mode=true",
        "--set",
        "invoice_info.currency.network.code=a = b",
        "--set",
        "invoice_info.new=[1]",
        "--set",
        "amount_crypto=\"7\"",
    ]);
    let info = &body["invoice_info"];
    assert_eq!(info["test_mode"], true);
    assert_eq!(info["currency"]["network"]["code"], "a = b");
    assert_eq!(
        (&info["new"][0], &body["amount_crypto"]),
        (&Value::from(1), &Value::from("7"))
    );

    let form = call(&[
        "sign",
        "--format",
        "form",
        "--set",
        "currency=TON",
        "--set",
        "x=1",
    ]);
    assert!(
        form.stdout.contains("currency=TON&") && form.stdout.ends_with("&x=1"),
        "{form:?}"
    );
    let null = [
        "--format",
        "form",
        "--order-id",
        "X",
        "--set",
        "order_id=null",
    ];
    let form = call(&[&["sign"], &null[..]].concat());
    assert!(!form.stdout.contains("order_id"), "{form:?}");
    let given = call(&["sign"]).stdout;
    let given = TempFile::new(given);
    let body = set(&["--body", given.path(), "--set", "invoice_info.step=null"]);
    assert_eq!(body["invoice_info"]["step"], Value::Null);
    assert_eq!(body["currency"], "BNB");

    let fails = |arguments: &[&str], problem: &str| {
        call(&[&["sign", "--set"], arguments].concat()).fails(problem);
    };
    fails(
        &["invoice_info.uuid.x=1"],
        "cannot set invoice_info.uuid.x: there is no object around x",
    );
    fails(&["invoice_info.curency.code=1"], "there is no curency");
    fails(
        &["invoice_info.x=1", "--format", "form"],
        "a form has no such field",
    );
    for usage in ["x", "token=1", "invoice_id=X"] {
        assert_eq!(call(&["sign", "--set", usage]).code, Some(2), "{usage}");
    }
}

#[test]
fn contradictions_are_refused() {
    let code = |arguments: &[&str]| call(&[&["sign"], arguments].concat()).code;
    assert_eq!(code(&["--scenario", "partial", "--paid", "1"]), Some(2));
    assert_eq!(
        code(&["--scenario", "paid", "--status", "canceled"]),
        Some(2)
    );
    let order = ["sign", "--scenario", "donation", "--order-id", "X"];
    call(&order).fails("this scenario has no order: leave out --order-id");
}

#[test]
fn headers_are_added_or_replaced() {
    let endpoint = Endpoint::with_status("200 OK", "");
    let url = endpoint.url();
    let headers = [
        "--header",
        "X-Shop: a: b",
        "--header",
        "content-type: text/plain",
    ];
    let ended: Ended = call(&[&["send", "--url", &url], &headers[..]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let request = endpoint.request();
    request.has("x-shop: a: b");
    request.has("content-type: text/plain");
    assert!(!request.head.contains("application/json"), "{request:?}");
    for malformed in ["X-Shop", "X Shop: a", "X-Shop: a\nb"] {
        let mut command = program(&["send", "--url", &url, "--header", malformed]);
        assert_eq!(run(&mut command, b"").code, Some(2), "{malformed}");
    }
}
