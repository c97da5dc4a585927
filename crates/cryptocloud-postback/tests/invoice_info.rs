//! `invoice_info`: every field of the vendor's example, and what real senders made of it.

use cryptocloud_postback::{
    ErrorKind, InvoiceInfo, InvoiceStatus, Postback, Status, testing::PostbackBuilder,
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn postback() -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
}

fn info(builder: &PostbackBuilder) -> Result<InvoiceInfo, Box<dyn std::error::Error>> {
    let postback = Postback::parse(None, builder.json().body())?;
    Ok(postback.invoice_info()?.ok_or("no invoice_info")?)
}

#[test]
fn every_field_of_the_example_is_typed() -> TestResult {
    let info = info(&postback())?;
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
fn what_real_senders_changed_is_decoded() -> TestResult {
    let info = info(
        &postback()
            .info_field("user_email", "\"a@b.c\"")
            .info_field("tx_list", "[\"\"]")
            .info_field("aml_checks", "[\"low\", {\"risk\": 0.5}]")
            .info_field("links_invoice", "{\"a\": 1}")
            .info_field("project", "{\"id\": 1, \"logo\": null}")
            .info_field("step", "null")
            .info_field("amount_paid", "102.0")
            .info_field("fee", "\"1e-05\"")
            .info_field("created", "\"2026-01-27 10:20:04\"")
            .info_field("status", "\"refunded\"")
            .info_field("currency", "null"),
    )?;
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
fn none_where_there_is_none() -> TestResult {
    for builder in [
        postback().field("invoice_info", "null"),
        postback().remove("invoice_info"),
    ] {
        let postback = Postback::parse(None, builder.json().body())?;
        assert!(postback.invoice_info()?.is_none());
        assert_eq!(postback.invoice_info_text(), None);
    }
    let form = Postback::parse(None, postback().form().body())?;
    assert!(form.invoice_info()?.is_none());
    Ok(())
}

#[test]
fn a_change_in_it_never_refuses_the_postback() -> TestResult {
    for text in [
        "[]",
        "[\"INV-OTHER\"]",
        "\"text\"",
        "1.5",
        "-1",
        "7",
        "true",
        "{\"step\": \"three\"}",
        "{\"created\": \"yesterday\"}",
        "{\"amount\": -1}",
        "{\"amount\": \"1_000\"}",
        "{\"fee\": 1, \"fee\": 2}",
    ] {
        let builder = postback().field("invoice_info", text);
        let postback = Postback::parse(None, builder.json().body())?;
        assert_eq!(postback.invoice_info_text(), Some(text));
        let error = postback.invoice_info().err().map(|error| error.kind());
        assert_eq!(error, Some(ErrorKind::InvalidField), "{text}");
    }
    Ok(())
}
