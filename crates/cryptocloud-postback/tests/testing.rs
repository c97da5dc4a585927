//! `PostbackBuilder`: genuine by default, the vendor's example at a fixed time, and fields that agree
//! with each other.

use cryptocloud_postback::{
    Amount, InvoiceStatus, Postback, SecretKey, Status, UnixTime, Verifier,
    testing::{NOW, PostbackBuilder},
};
use serde_json::Value;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn fixed() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).at(NOW)
}

fn info(builder: &PostbackBuilder) -> Result<Value, Box<dyn std::error::Error>> {
    let body: Value = serde_json::from_slice(&builder.json().body())?;
    Ok(body["invoice_info"].clone())
}

#[test]
fn is_genuine_for_the_system_s_clock() -> TestResult {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let builder = PostbackBuilder::new(SECRET);
    for signed in [builder.json(), builder.form()] {
        let verified = verifier.verify(signed.head(), signed.body())?;
        assert_eq!(verified.invoice_id().as_str(), "ILRAJE1Q");
        assert_eq!(verified.reported().format(), signed.format());
    }
    assert!(builder.json().body() == builder.json().body());
    Ok(())
}

#[test]
fn is_the_example_of_the_vendor_s_page() -> TestResult {
    let body: Value = serde_json::from_slice(&fixed().token("").json().body())?;
    assert_eq!(body, serde_json::from_str::<Value>(EXAMPLE)?);
    Ok(())
}

#[test]
fn amounts_agree() -> TestResult {
    let builder = fixed().amount("10.5").currency("USDT_TRC20").paid("5");
    let postback = Postback::parse(None, builder.json().body())?;
    let info = postback.invoice_info().ok_or("no invoice_info")?;
    assert_eq!(info.faults(), [""; 0]);
    let text = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
    let amounts = [
        (postback.amount_crypto, "5"),
        (info.amount, "10.5"),
        (info.amount_, "10.5"),
        (info.amount_to_pay, "10.5"),
        (info.amount_usd, "10.5"),
        (info.amount_in_fiat, "10.5"),
        (info.amount_to_pay_usd, "10.5"),
        (info.amount_paid, "5"),
        (info.amount_paid_usd, "5"),
        (info.service_fee, "0.1"),
        (info.received, "4.9"),
        (info.received_usd, "4.9"),
        (info.to_surcharge, "5.5"),
        (info.to_surcharge_usd, "5.5"),
    ];
    for (at, (amount, expected)) in amounts.into_iter().enumerate() {
        assert_eq!(text(amount).as_deref(), Some(expected), "{at}");
    }
    assert_eq!(info.status, Some(InvoiceStatus::Partial));
    assert_eq!(postback.status, Status::Success);
    Ok(())
}

#[test]
fn statuses_agree() -> TestResult {
    for (paid, status) in [
        ("1", "partial"),
        ("2", "paid"),
        ("2.0", "paid"),
        ("3", "overpaid"),
    ] {
        let info = info(&fixed().amount("2").paid(paid))?;
        assert_eq!(info["status"], status, "{paid}");
        assert_eq!(info["invoice_status"], "success");
    }
    assert_eq!(info(&fixed().status("failed"))?["invoice_status"], "failed");
    Ok(())
}

#[test]
fn currency_and_network_agree() -> TestResult {
    for (code, asset, network, fullname, stable) in [
        ("USDT_TRC20", "USDT", "TRC20", "Tron", true),
        ("ETH_BASE", "ETH", "BASE", "Base", false),
        ("BTC", "BTC", "BTC", "Bitcoin", false),
        ("NEW_COIN_NET", "NEW_COIN", "NET", "NET", false),
    ] {
        let info = info(&fixed().currency(code))?;
        let currency = &info["currency"];
        assert_eq!(currency["code"], asset, "{code}");
        assert_eq!(currency["fullcode"], code);
        assert_eq!(currency["stablecoin"], stable, "{code}");
        assert_eq!(currency["network"]["code"], network, "{code}");
        assert_eq!(currency["network"]["fullname"], fullname, "{code}");
    }
    Ok(())
}

#[test]
fn prices_agree() -> TestResult {
    let dollars = info(&fixed().amount("0.5").usd("400"))?;
    assert_eq!(dollars["amount_usd"], 400);
    assert_eq!(dollars["amount_paid_usd"], 400);
    assert_eq!(dollars["amount_in_fiat"], 400);
    assert_eq!(dollars["fiat_currency"], Value::Null);
    let half = info(&fixed().amount("0.5").usd("400").paid("0.25"))?;
    assert_eq!(half["amount_usd"], 400);
    assert_eq!(half["amount_paid_usd"], 200);
    assert_eq!(half["to_surcharge_usd"], 200);
    let euros = info(&fixed().fiat("350", "EUR").usd("400"))?;
    assert_eq!(euros["amount_in_fiat"], 350);
    assert_eq!(euros["fiat_currency"], "EUR");
    assert_eq!(euros["amount_usd"], 400);
    Ok(())
}

#[test]
fn dates_follow_the_time() -> TestResult {
    let leap = UnixTime::from_secs(1_709_164_800); // 2024-02-29T00:00:00Z
    let builder = PostbackBuilder::new(SECRET).at(leap);
    let info = info(&builder)?;
    assert_eq!(info["created"], "2024-02-28 23:56:49.222439");
    assert_eq!(info["date_finished"], "2024-02-28 23:59:59.000940");
    assert_eq!(info["expiry_date"], "2024-02-29 23:56:49.197389");
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let signed = builder.json();
    let verified = verifier.verify_at(signed.head(), signed.body(), leap)?;
    assert_eq!(verified.expires_at().as_secs(), leap.as_secs() + 240);
    Ok(())
}

#[test]
fn nothing_is_derived_from_what_is_no_amount_or_no_date() -> TestResult {
    for amount in ["-1", "\"ten\"", "1e400"] {
        let body = fixed().amount(amount).json().body();
        let text = str::from_utf8(&body)?;
        assert!(text.contains(&format!(r#""amount_crypto":{amount},"#)));
        assert!(text.contains(r#""received":null"#), "{text}");
    }
    let late = PostbackBuilder::new(SECRET).at(UnixTime::from_secs(u64::MAX));
    assert_eq!(info(&late)?["created"], Value::Null);
    Ok(())
}

#[test]
fn a_field_of_its_own_replaces_what_is_derived() -> TestResult {
    let builder = fixed()
        .field("order_id", "7")
        .order_id("A")
        .remove("status")
        .duplicate("currency", "\"BTC\"")
        .info_field("uuid", "\"INV-OTHER\"");
    let body = builder.json().body();
    let text = str::from_utf8(&body)?;
    assert!(text.contains(r#""order_id":7,"#));
    assert!(text.starts_with(r#"{"invoice_id":"#));
    assert!(text.contains(r#""currency":"BNB","#) && text.ends_with(r#","currency":"BTC"}"#));
    assert!(text.contains(r#""uuid":"INV-OTHER""#));
    Ok(())
}

#[test]
fn an_invoice_id_keeps_its_prefix_and_is_named_once() -> TestResult {
    let builder = fixed().invoice_id("INV-A");
    let body: Value = serde_json::from_slice(&builder.json().body())?;
    assert_eq!(body["invoice_id"], "INV-A");
    assert_eq!(body["invoice_info"]["uuid"], "INV-A");
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let signed = builder.json();
    let verified = verifier.verify_at(signed.head(), signed.body(), NOW)?;
    assert_eq!(verified.invoice_id().as_str(), "A");
    Ok(())
}

#[cfg(feature = "http")]
#[test]
fn a_whole_request() -> TestResult {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    for signed in [
        PostbackBuilder::new(SECRET).json(),
        PostbackBuilder::new(SECRET).form(),
    ] {
        let request = signed.http_request("/postback");
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri().path(), "/postback");
        assert_eq!(
            request.headers()["content-type"].as_bytes(),
            signed.content_type()
        );
        assert_eq!(*request.body(), signed.body());
        assert!(verifier.verify_http(&request).is_ok());
    }
    Ok(())
}

/// The page's JSON example, with its shortened values filled up.
const EXAMPLE: &str = r#"{
"status": "success", "invoice_id": "ILRAJE1Q", "amount_crypto": 0.000113,
"currency": "BNB", "order_id": null, "token": "",
"invoice_info": {
    "uuid": "INV-ILRAJE1Q",
    "created": "2026-01-01 10:20:04.222439",
    "address": "0x635DBa9c6e5E90000000000000000000c555af05",
    "currency": {
        "id": 20, "code": "BNB", "fullcode": "BNB",
        "network": {
            "code": "BSC", "id": 20,
            "icon": "https://cdn.cryptocloud.plus/img/network/BSC.svg",
            "fullname": "BNB Smart Chain"
        },
        "name": "BNB", "is_email_required": false, "stablecoin": false,
        "icon_base": "https://cdn.cryptocloud.plus/img/currency/BNB.svg",
        "icon_network": "https://cdn.cryptocloud.plus/img/currency/BNB.svg",
        "icon_qr": "https://cdn.cryptocloud.plus/img/stroke/BNB_STROKE.svg",
        "order": 13
    },
    "date_finished": "2026-01-01 10:23:14.000940",
    "expiry_date": "2026-01-02 10:20:04.197389",
    "side_commission": "client", "type_payments": "crypto",
    "amount": 0.000113, "amount_": 0.000113,
    "status": "paid", "invoice_status": "success", "is_email_required": false,
    "project": {
        "id": 1, "name": "Test", "fail": "https://test.com/failed-payment",
        "success": "https://test.com/successful-payment", "logo": ""
    },
    "tx_list": ["0x12fb777c41b58b8304278416e5a0000000000000c1e7708b2160745af5640364"],
    "amount_in_crypto": null, "amount_in_fiat": 0.1, "amount_usd": 0.1,
    "amount_to_pay": 0.000113, "amount_to_pay_usd": 0.1,
    "amount_paid": 0.000113, "amount_paid_usd": 0.1,
    "fee": 0, "fee_usd": 0, "service_fee": 0.000002, "service_fee_usd": 0,
    "received": 0.000111, "received_usd": 0.1,
    "to_surcharge": 0, "to_surcharge_usd": 0, "total_rub": 0, "step": 3,
    "test_mode": false, "type": "up", "aml_enabled": false, "aml_side": "merchant",
    "aml_checks": [], "links_invoice": null
}
}"#;
