//! `invoice_info`: every field of the vendor's example, and values that differ from it.

use cryptocloud_postback::{
    InvoiceInfo, InvoiceStatus, Postback, Status,
    testing::{NOW, PostbackBuilder},
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn postback() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).at(NOW)
}

fn info(builder: &PostbackBuilder) -> Result<InvoiceInfo, Box<dyn std::error::Error>> {
    let postback = Postback::parse(None, builder.json().body())?;
    Ok(postback.invoice_info().ok_or("no invoice_info")?)
}

#[test]
fn every_field_of_the_example_is_typed() -> TestResult {
    let info = info(&postback())?;
    assert_eq!(info.faults(), [""; 0]);
    let text = |amount: Option<cryptocloud_postback::Amount>| amount.map(|a| a.to_string());
    assert_eq!(info.uuid.as_ref().map(AsRef::as_ref), Some("ILRAJE1Q"));
    let created = info.created.ok_or("no created")?;
    assert_eq!(created.unix_timestamp(), 1_767_262_804);
    assert_eq!(created.microsecond(), 222_439);
    assert!(info.date_finished > info.created && info.expiry_date > info.date_finished);
    assert!(
        info.address
            .is_some_and(|address| address.starts_with("0x635D"))
    );
    let currency = info.currency.ok_or("no currency")?;
    assert_eq!((currency.id, currency.order), (Some(20), Some(13)));
    assert_eq!(currency.code.as_deref(), Some("BNB"));
    assert_eq!(currency.fullcode.as_deref(), Some("BNB"));
    assert_eq!(currency.name.as_deref(), Some("BNB"));
    assert_eq!(currency.is_email_required, Some(false));
    assert_eq!(currency.stablecoin, Some(false));
    for icon in [
        &currency.icon_base,
        &currency.icon_network,
        &currency.icon_qr,
    ] {
        assert!(icon.as_ref().is_some_and(|url| url.starts_with("https://")));
    }
    let network = currency.network.ok_or("no network")?;
    assert_eq!(network.id, Some(20));
    assert_eq!(network.code.as_deref(), Some("BSC"));
    assert_eq!(network.fullname.as_deref(), Some("BNB Smart Chain"));
    assert!(network.icon.is_some());
    assert_eq!(info.side_commission.as_deref(), Some("client"));
    assert_eq!(info.type_payments.as_deref(), Some("crypto"));
    for amount in [
        info.amount,
        info.amount_,
        info.amount_to_pay,
        info.amount_paid,
    ] {
        assert_eq!(text(amount).as_deref(), Some("0.000113"));
    }
    for amount in [
        info.amount_in_fiat,
        info.amount_usd,
        info.amount_to_pay_usd,
        info.amount_paid_usd,
        info.received_usd,
    ] {
        assert_eq!(text(amount).as_deref(), Some("0.1"));
    }
    for amount in [
        info.fee,
        info.fee_usd,
        info.service_fee_usd,
        info.to_surcharge,
        info.to_surcharge_usd,
        info.total_rub,
    ] {
        assert_eq!(text(amount).as_deref(), Some("0"));
    }
    assert_eq!(text(info.service_fee).as_deref(), Some("0.000002"));
    assert_eq!(text(info.received).as_deref(), Some("0.000111"));
    assert_eq!(info.amount_in_crypto, None);
    assert_eq!(info.status, Some(InvoiceStatus::Paid));
    assert_eq!(info.invoice_status, Some(Status::Success));
    assert_eq!(info.is_email_required, Some(false));
    let project = info.project.ok_or("no project")?;
    assert_eq!(project.id, Some(1));
    assert_eq!(project.name.as_deref(), Some("Test"));
    assert_eq!(
        project.fail.as_deref(),
        Some("https://test.com/failed-payment")
    );
    assert_eq!(
        project.success.as_deref(),
        Some("https://test.com/successful-payment")
    );
    assert_eq!(project.logo.as_deref(), Some(""));
    assert_eq!(info.tx_list.map(|list| list.len()), Some(1));
    assert_eq!(info.step, Some(3));
    assert_eq!(info.test_mode, Some(false));
    assert_eq!(info.kind.as_deref(), Some("up"));
    assert_eq!(info.aml_enabled, Some(false));
    assert_eq!(info.aml_side.as_deref(), Some("merchant"));
    assert_eq!(info.aml_checks.map(|checks| checks.len()), Some(0));
    assert!(info.links_invoice.is_none());
    Ok(())
}

#[test]
fn values_seen_from_real_senders_are_no_faults() -> TestResult {
    let info = info(
        &postback()
            .info_field("user_email", "\"a@b.c\"")
            .info_field("fiat_currency", "\"EUR\"")
            .info_field("tx_list", "[\"\"]")
            .info_field("aml_checks", "[\"low\", {\"risk\": 0.5}]")
            .info_field("links_invoice", "{\"a\": 1}")
            .info_field("project", "{\"id\": 1, \"logo\": null}")
            .info_field("step", "null")
            .info_field("amount_paid", "102.0")
            .info_field("fee", "\"1e-05\"")
            .info_field("service_fee", "1.38e-17")
            .info_field("created", "\"2026-01-27 10:20:04\"")
            .info_field("status", "\"refunded\"")
            .info_field("invoice_status", "\"failed\"")
            .info_field("currency", "null"),
    )?;
    assert_eq!(info.faults(), [""; 0]);
    assert_eq!(info.user_email.as_deref(), Some("a@b.c"));
    assert_eq!(info.fiat_currency.as_deref(), Some("EUR"));
    assert_eq!(
        info.service_fee.map(|a| a.to_string()).as_deref(),
        Some("0.0000000000000000138")
    );
    assert_eq!(
        info.invoice_status
            .map(|status| status.to_string())
            .as_deref(),
        Some("failed")
    );
    assert_eq!(info.tx_list, Some(vec![String::new()]));
    let checks = info.aml_checks.unwrap_or_default();
    let checks: Vec<String> = checks.iter().map(ToString::to_string).collect();
    assert_eq!(checks, ["\"low\"", "{\"risk\": 0.5}"]);
    assert_eq!(
        info.links_invoice.map(|raw| raw.to_string()).as_deref(),
        Some("{\"a\": 1}")
    );
    assert_eq!(info.project.and_then(|project| project.logo), None);
    assert_eq!(info.step, None);
    assert_eq!(
        info.amount_paid.map(|a| a.to_string()).as_deref(),
        Some("102.0")
    );
    assert_eq!(info.fee.map(|a| a.to_string()).as_deref(), Some("0.00001"));
    assert_eq!(
        info.created.map(|time| time.unix_timestamp()),
        Some(1_769_509_204)
    );
    assert_eq!(
        info.status.map(|status| status.to_string()).as_deref(),
        Some("refunded")
    );
    assert!(info.currency.is_none());
    Ok(())
}

#[test]
fn none_in_a_form_or_if_it_is_null_or_missing() -> TestResult {
    for builder in [
        postback().field("invoice_info", "null"),
        postback().remove("invoice_info"),
    ] {
        let postback = Postback::parse(None, builder.json().body())?;
        assert!(postback.invoice_info().is_none());
        assert_eq!(postback.invoice_info_text(), None);
    }
    let form = Postback::parse(None, postback().form().body())?;
    assert!(form.invoice_info().is_none());
    Ok(())
}

#[test]
fn an_odd_field_is_a_fault_and_costs_no_other_field() -> TestResult {
    const ODD: [(&str, &[&str]); 10] = [
        ("step", &["\"3\"", "3.5", "1e400", "[]"]),
        ("test_mode", &["0", "\"false\""]),
        ("created", &["\"\"", "\"yesterday\"", "1767262804"]),
        ("fee", &["-1", "\"1_000\"", "1e-40", "true"]),
        ("uuid", &["\"\"", "7", "\"a\\u0000\""]),
        ("status", &["\"\"", "1"]),
        ("project", &["[]", "\"Test\"", "1"]),
        ("tx_list", &["\"0x\"", "[null]", "{}"]),
        ("aml_checks", &["{}", "0"]),
        ("user_email", &["[\"a@b.c\"]"]),
    ];
    for (name, values) in ODD {
        for value in values {
            let info = info(&postback().info_field(name, *value))?;
            assert_eq!(info.faults(), [name], "{value}");
            assert_eq!(info.amount_paid, Some("0.000113".parse()?), "{name}");
        }
    }
    let all = ODD.iter().fold(postback(), |postback, (name, values)| {
        postback.info_field(name, values[0])
    });
    let info = info(&all)?;
    assert_eq!(info.faults().len(), ODD.len());
    assert_eq!(info.received, Some("0.000111".parse()?));
    Ok(())
}

#[test]
fn a_nested_fault_has_its_path() -> TestResult {
    let info = info(
        &postback()
            .info_field(
                "currency",
                r#"{"id": "20", "code": "BNB", "network": {"id": [], "code": "BSC"}}"#,
            )
            .info_field("project", r#"{"logo": 1, "name": "Test"}"#)
            .info_field("type", "0"),
    )?;
    assert_eq!(
        info.faults(),
        ["currency.id", "currency.network.id", "project.logo", "type"]
    );
    let currency = info.currency.ok_or("no currency")?;
    assert_eq!((currency.id, currency.code.as_deref()), (None, Some("BNB")));
    let network = currency.network.ok_or("no network")?;
    assert_eq!((network.id, network.code.as_deref()), (None, Some("BSC")));
    let project = info.project.ok_or("no project")?;
    assert_eq!(project.name.as_deref(), Some("Test"));
    Ok(())
}

#[test]
fn of_a_duplicate_neither_value_is_taken() {
    let info = InvoiceInfo::parse(r#"{"fee": 1, "step": 3, "f\u0065e": 2, "x": 1, "x": 2}"#);
    assert_eq!(info.faults(), ["fee"]);
    assert_eq!((info.fee, info.step), (None, Some(3)));
}

#[test]
fn anything_but_an_object_is_a_fault_of_its_own() -> TestResult {
    for text in ["[]", "[\"INV-X\"]", "\"text\"", "1.5", "-1", "true"] {
        let builder = postback().field("invoice_info", text);
        let postback = Postback::parse(None, builder.json().body())?;
        assert_eq!(postback.invoice_info_text(), Some(text));
        let info = postback.invoice_info().ok_or("no invoice_info")?;
        assert_eq!(info.faults(), ["invoice_info"], "{text}");
        assert_eq!(info.amount_paid, None);
    }
    assert_eq!(InvoiceInfo::parse("{").faults(), ["invoice_info"]);
    Ok(())
}

#[test]
fn is_read_within_another_json_type() -> TestResult {
    let json = r#"[{"uuid": "INV-A", "step": "3"}, {"uuid": "B"}, 7]"#;
    let list: Vec<InvoiceInfo> = serde_json::from_str(json)?;
    let value: Vec<InvoiceInfo> = serde_json::from_value(serde_json::from_str(json)?)?;
    for list in [list, value] {
        let ids = list.iter().map(|info| Some(info.uuid.as_ref()?.as_str()));
        assert_eq!(ids.collect::<Vec<_>>(), [Some("A"), Some("B"), None]);
        let faults: Vec<_> = list.iter().flat_map(|info| info.faults()).collect();
        assert_eq!(faults, [&"step", &"invoice_info"]);
    }
    Ok(())
}
