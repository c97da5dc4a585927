//! `Expected` against postbacks of every shape: each difference is found, and no other is reported.

use cryptocloud_postback::{
    Amount, Currency, Difference as D, Expected, InvoiceId, InvoiceInfo, Mismatch, Report,
    SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder, SignedPostback},
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// 10.5 USDT for `ORDER_93223`, priced at 10.5 US dollars.
fn paid() -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .at(NOW)
        .order_id("ORDER_93223")
        .amount("10.5")
        .currency("USDT_TRC20")
}

fn verify(signed: &SignedPostback) -> Result<Verified, Box<dyn std::error::Error>> {
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    Ok(verifier.verify_at(signed.head(), signed.body(), NOW)?)
}

fn invoice(id: &str) -> Result<Expected, Box<dyn std::error::Error>> {
    Ok(Expected::invoice(InvoiceId::parse(id)?))
}

fn amount(text: &str) -> Result<Amount, Box<dyn std::error::Error>> {
    Ok(text.parse()?)
}

#[track_caller]
fn check(postback: &SignedPostback, expected: &Expected, differences: &[D]) {
    let outcome = verify(postback).expect("the postback is genuine");
    let found: Vec<D> = match outcome.check(expected) {
        Ok(()) => Vec::new(),
        Err(mismatch) => mismatch.differences().collect(),
    };
    assert_eq!(found, differences);
}

#[test]
fn all_that_is_expected_is_compared() -> TestResult {
    let all = invoice("INV-ILRAJE1Q")?
        .order("ORDER_93223")
        .currency(Currency::UsdtTrc20)
        .amount(amount("10.50")?);
    for postback in [paid().json(), paid().form()] {
        check(&postback, &invoice("ILRAJE1Q")?, &[]);
        check(&postback, &all, &[]);
    }
    let json = all
        .usd(amount("10.5")?)
        .fiat(amount("9.1")?, "eur")
        .minimum_paid(amount("10")?)
        .minimum_paid_usd(amount("10.5")?);
    check(&paid().fiat("9.1", "EUR").json(), &json, &[]);
    Ok(())
}

#[test]
fn a_rewritten_body_does_not_pass_for_another_invoice() -> TestResult {
    // A genuine token of the attacker's own cheap invoice, under a body that names a victim's order.
    let rewritten = paid().invoice_id("CHEAP123");
    let weak = Expected::unproven_order("ORDER_93223")
        .currency(Currency::UsdtTrc20)
        .amount(amount("10.5")?);
    let expected = invoice("ILRAJE1Q")?.order("ORDER_93223");
    for postback in [rewritten.json(), rewritten.form()] {
        check(&postback, &weak, &[]);
        check(&postback, &expected, &[D::Invoice]);
    }
    Ok(())
}

#[test]
fn order_and_currency() -> TestResult {
    let expected = invoice("ILRAJE1Q")?
        .order("ORDER_93223")
        .currency(Currency::UsdtTrc20);
    let both = [D::OrderNotReported, D::CurrencyNotReported];
    for missing in ["null", "\"\""] {
        let postback = paid().field("order_id", missing).field("currency", missing);
        check(&postback.json(), &expected, &both);
        check(&postback.form(), &expected, &both);
    }
    let other = paid().order_id("OTHER").currency("USDT_ERC20");
    check(&other.form(), &expected, &[D::Order, D::Currency]);
    Ok(())
}

#[test]
fn exact_amount_and_minimum_paid() -> TestResult {
    let exact = invoice("ILRAJE1Q")?.amount(amount("10.5")?);
    let minimum = invoice("ILRAJE1Q")?.minimum_paid(amount("10.5")?);
    for (sent, exactly, at_least) in [
        (paid(), None, None),
        (
            paid().paid("10.49"),
            Some(D::AmountTooLow),
            Some(D::AmountTooLow),
        ),
        (paid().paid("10.51"), Some(D::AmountTooHigh), None),
        (
            paid().field("amount_crypto", "null"),
            Some(D::AmountNotReported),
            Some(D::AmountNotReported),
        ),
    ] {
        for postback in [sent.json(), sent.form()] {
            check(&postback, &exact, exactly.as_slice());
            check(&postback, &minimum, at_least.as_slice());
        }
    }
    Ok(())
}

#[test]
fn a_partial_payment_is_found_whichever_field_shows_it() -> TestResult {
    let exact = invoice("ILRAJE1Q")?.amount(amount("10.5")?);
    let minimum = invoice("ILRAJE1Q")?.minimum_paid(amount("10.5")?);
    let price = invoice("ILRAJE1Q")?.usd(amount("10.5")?);

    let by_amount = paid().info_field("amount_paid", "5").json();
    check(&by_amount, &exact, &[D::AmountTooLow]);
    check(&by_amount, &minimum, &[D::AmountTooLow]);
    check(&by_amount, &price, &[D::PaidTooLow]);

    let by_status = paid().info_field("status", "\"partial\"").json();
    check(&by_status, &exact, &[D::AmountTooLow]);
    check(&by_status, &minimum, &[]);
    check(&by_status, &price, &[D::PaidTooLow]);

    let unreadable = paid().info_field("amount_paid", "-1").json();
    check(&unreadable, &exact, &[D::PaidNotReported]);
    check(&unreadable, &minimum, &[D::PaidNotReported]);
    check(&unreadable, &price, &[D::PaidNotReported]);
    Ok(())
}

#[test]
fn a_price_in_us_dollars() -> TestResult {
    let expected = invoice("ILRAJE1Q")?.usd(amount("10.5")?);
    check(&paid().json(), &expected, &[]);
    check(&paid().paid("11").json(), &expected, &[]);
    check(&paid().usd("10.49").json(), &expected, &[D::Price]);
    check(&paid().usd("10.51").json(), &expected, &[D::Price]);
    check(&paid().paid("10").json(), &expected, &[D::PaidTooLow]);
    for field in ["amount_to_pay", "amount_paid"] {
        let unknown = paid().info_field(field, "null").json();
        check(&unknown, &expected, &[D::PaidNotReported]);
    }
    let unknown = paid().info_field("amount_usd", "null").json();
    check(&unknown, &expected, &[D::PriceNotReported]);
    Ok(())
}

#[test]
fn a_price_in_a_fiat_currency() -> TestResult {
    let expected = invoice("ILRAJE1Q")?.fiat(amount("9.1")?, "EUR");
    let euro = paid().fiat("9.1", "EUR");
    check(&euro.json(), &expected, &[]);
    check(
        &euro.clone().fiat("9.1", "RUB").json(),
        &expected,
        &[D::FiatCurrency],
    );
    check(
        &euro.clone().fiat("9", "EUR").json(),
        &expected,
        &[D::Price],
    );
    check(&euro.clone().paid("10").json(), &expected, &[D::PaidTooLow]);
    for code in ["null", "[\"EUR\"]", "978"] {
        let unknown = euro.clone().info_field("fiat_currency", code).json();
        check(&unknown, &expected, &[D::FiatCurrencyNotReported]);
    }
    // The vendor's example has no code at all.
    let without = paid().info_field("amount_in_fiat", "9.1").json();
    check(&without, &expected, &[D::FiatCurrencyNotReported]);
    Ok(())
}

#[test]
fn a_minimum_in_us_dollars() -> TestResult {
    let expected = invoice("ILRAJE1Q")?.minimum_paid_usd(amount("10.5")?);
    check(&paid().json(), &expected, &[]);
    check(&paid().paid("12").json(), &expected, &[]);
    check(&paid().paid("10").json(), &expected, &[D::PaidTooLow]);
    let unknown = paid().info_field("amount_paid_usd", "\"?\"").json();
    check(&unknown, &expected, &[D::PaidNotReported]);
    Ok(())
}

#[test]
fn what_a_form_cannot_tell_is_a_mismatch_of_its_own() -> TestResult {
    for expected in [
        invoice("ILRAJE1Q")?.usd(amount("10.5")?),
        invoice("ILRAJE1Q")?.fiat(amount("9.1")?, "EUR"),
        invoice("ILRAJE1Q")?.minimum_paid_usd(amount("1")?),
    ] {
        check(&paid().form(), &expected, &[D::InvoiceInfoMissing]);
        let missing = paid().remove("invoice_info").json();
        check(&missing, &expected, &[D::InvoiceInfoMissing]);
    }
    let price = invoice("ILRAJE1Q")?.usd(amount("10.5")?);
    let no_object = paid().field("invoice_info", "[]").json();
    check(
        &no_object,
        &price,
        &[D::PriceNotReported, D::PaidNotReported],
    );
    Ok(())
}

#[test]
fn a_mismatch_reads_as_a_sentence() -> TestResult {
    let expected = invoice("ILRAJE1Q")?
        .currency(Currency::UsdtTrc20)
        .amount(amount("10.5")?);
    let postback = verify(&paid().paid("5").currency("USDT_ERC20").json())?;
    let mismatch: Mismatch = postback.check(&expected).err().ok_or("accepted")?;
    assert_eq!(
        mismatch.to_string(),
        "postback does not match the order: amount too low, currency differs"
    );
    assert!(mismatch.contains(D::Currency) && !mismatch.contains(D::Invoice));

    let by_hand = verify(&paid().field("amount_crypto", "null").json())?;
    let mismatch = by_hand.check(&expected).err().ok_or("accepted")?;
    assert_eq!(
        mismatch.to_string(),
        "postback does not match the order: amount is not reported"
    );
    Ok(())
}

#[test]
fn a_stored_report_is_compared_alike() -> TestResult {
    let invoice_id = InvoiceId::parse("ILRAJE1Q")?;
    let report = Report {
        invoice_id: &invoice_id,
        order_id: None,
        amount_crypto: Some(amount("5")?),
        currency: Some(&Currency::Btc),
        invoice_info: None,
        is_stated: false,
    };
    let expected = Expected::invoice(invoice_id.clone()).amount(amount("10.5")?);
    let mismatch = expected.check(&report).err().ok_or("accepted")?;
    assert!(mismatch.differences().eq([D::AmountTooLow]));
    Ok(())
}

#[test]
fn what_an_operator_accepted_is_compared_by_invoice_order_and_amount() -> TestResult {
    #[track_caller]
    fn check(accepted: (&str, Option<&str>, &str), differences: &[D]) -> TestResult {
        let expected = Expected::invoice(InvoiceId::parse("ILRAJE1Q")?)
            .order("ORDER_1")
            .currency(Currency::Btc)
            .amount(amount("10.5")?);
        let (invoice_id, order_id, number) = accepted;
        let invoice_id = InvoiceId::parse(invoice_id)?;
        let result = expected.check_accepted(&invoice_id, order_id, amount(number)?);
        let found: Vec<D> = result
            .err()
            .map_or_else(Vec::new, |mismatch| mismatch.differences().collect());
        assert_eq!(found, differences, "{accepted:?}");
        Ok(())
    }
    check(("ILRAJE1Q", None, "10.5"), &[])?;
    check(("ILRAJE1Q", Some("ORDER_1"), "10.5"), &[])?;
    check(("ILRAJE1Q", Some("ORDER_2"), "10.5"), &[D::Order])?;
    check(("OTHER", None, "10.4"), &[D::Invoice, D::AmountTooLow])?;
    check(("ILRAJE1Q", None, "10.6"), &[D::AmountTooHigh])
}

/// What the vendor's API states about the invoice: it never says what was paid.
#[track_caller]
fn check_stated(amount: &str, status: &str, expected: &Expected, differences: &[D]) {
    let invoice_id = InvoiceId::parse("ILRAJE1Q").expect("an id");
    let json = format!(
        r#"{{"amount_usd": "{amount}", "amount_in_fiat": 9.1, "fiat_currency": "EUR", {status}}}"#
    );
    let report = Report {
        invoice_id: &invoice_id,
        order_id: Some("ORDER_93223"),
        amount_crypto: amount.parse().ok(),
        currency: Some(&Currency::UsdtTrc20),
        invoice_info: Some(&InvoiceInfo::parse(&json)),
        is_stated: true,
    };
    let found: Vec<D> = match expected.check(&report) {
        Ok(()) => Vec::new(),
        Err(mismatch) => mismatch.differences().collect(),
    };
    assert_eq!(found, differences, "{json}");
}

#[test]
fn a_statement_is_paid_by_its_status() -> TestResult {
    const PAID: &str = r#""status": "paid""#;
    const OVERPAID: &str = r#""status": "overpaid""#;
    let exact = invoice("ILRAJE1Q")?.amount(amount("10.5")?);
    let minimum = invoice("ILRAJE1Q")?.minimum_paid(amount("10.5")?);
    let minimum_usd = invoice("ILRAJE1Q")?.minimum_paid_usd(amount("10.5")?);
    let usd = invoice("ILRAJE1Q")?.usd(amount("10.5")?);
    let fiat = invoice("ILRAJE1Q")?.fiat(amount("9.1")?, "EUR");
    for expected in [&exact, &minimum, &minimum_usd, &usd, &fiat] {
        check_stated("10.50", PAID, expected, &[]);
    }
    for expected in [&minimum, &minimum_usd, &usd, &fiat] {
        check_stated("10.5", OVERPAID, expected, &[]);
    }
    check_stated("10.5", OVERPAID, &exact, &[D::AmountTooHigh]);

    for status in ["partial", "created", "canceled", "something new"] {
        let status = format!(r#""status": "{status}""#);
        for expected in [&exact, &minimum] {
            check_stated("10.5", &status, expected, &[D::AmountTooLow]);
        }
        for expected in [&minimum_usd, &usd, &fiat] {
            check_stated("10.5", &status, expected, &[D::PaidTooLow]);
        }
    }
    // A postback's field does not count, whatever it says.
    for status in [
        r#""amount_paid": 99"#,
        r#""status": null"#,
        r#""status": 1"#,
    ] {
        for expected in [&exact, &minimum, &minimum_usd, &usd, &fiat] {
            check_stated("10.5", status, expected, &[D::PaidNotReported]);
        }
    }
    Ok(())
}

#[test]
fn a_statement_is_compared_like_a_postback() -> TestResult {
    const PAID: &str = r#""status": "paid""#;
    let all = invoice("ILRAJE1Q")?
        .order("ORDER_93223")
        .currency(Currency::UsdtTrc20);
    check_stated("10.5", PAID, &all, &[]);
    let other = invoice("OTHER123")?.order("OTHER").currency(Currency::Btc);
    let differences = [D::Invoice, D::Order, D::Currency];
    check_stated("10.5", PAID, &other, &differences);

    let exact = all.clone().amount(amount("10.5")?);
    check_stated("10.4", PAID, &exact, &[D::AmountTooLow]);
    check_stated("10.6", PAID, &exact, &[D::AmountTooHigh]);
    let minimum = all.clone().minimum_paid(amount("10.5")?);
    check_stated("10.4", PAID, &minimum, &[D::AmountTooLow]);
    check_stated("10.6", PAID, &minimum, &[]);
    let minimum_usd = all.clone().minimum_paid_usd(amount("10.5")?);
    check_stated("10.4", PAID, &minimum_usd, &[D::PaidTooLow]);
    let price = all.clone().usd(amount("10.5")?);
    check_stated("10.4", PAID, &price, &[D::Price]);
    let fiat = all.fiat(amount("9.1")?, "USD");
    check_stated("10.5", PAID, &fiat, &[D::FiatCurrency]);
    Ok(())
}

#[test]
fn a_statement_without_details_pays_nothing() -> TestResult {
    let invoice_id = InvoiceId::parse("ILRAJE1Q")?;
    let report = Report {
        invoice_id: &invoice_id,
        order_id: None,
        amount_crypto: Some(amount("10.5")?),
        currency: None,
        invoice_info: None,
        is_stated: true,
    };
    let exact = invoice("ILRAJE1Q")?.amount(amount("10.5")?);
    let mismatch = exact.check(&report).err().ok_or("accepted")?;
    assert!(mismatch.differences().eq([D::PaidNotReported]));
    let price = invoice("ILRAJE1Q")?.usd(amount("10.5")?);
    let mismatch = price.check(&report).err().ok_or("accepted")?;
    assert!(mismatch.differences().eq([D::InvoiceInfoMissing]));
    Ok(())
}
