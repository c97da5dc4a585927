use cryptocloud_postback::{Amount, Currency, Expected, InvoiceId};
use cryptocloud_postback_inbox::{Accepted, Payment, PaymentBuilder, Source};

use crate::Result;

fn payment() -> Result<PaymentBuilder> {
    Ok(Payment::builder(InvoiceId::parse("A")?))
}

fn amount(text: &str) -> Amount {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Each branch of a handler can be tested with a payment from the builder, whether the vendor confirms
/// payments or not.
#[test]
fn the_builder_makes_every_difference() -> Result {
    #[track_caller]
    fn check(payment: &PaymentBuilder, expected: &Expected, difference: &str) {
        let reported = payment.clone().build();
        let reconciled = payment.clone().source(Source::Reconciled).build();
        let confirmed = payment.clone().confirmed().build();
        for payment in [reported, confirmed, reconciled] {
            let failure = payment.check(expected).err();
            let text = failure
                .map(|failure| failure.to_string())
                .unwrap_or_default();
            let text = text.trim_start_matches("postback does not match the order: ");
            assert_eq!(text, difference, "{payment:?}");
        }
    }
    let expected =
        || Ok::<_, Box<dyn std::error::Error>>(Expected::invoice(InvoiceId::parse("A")?));
    let usdt = payment()?
        .amount(amount("10.5"))
        .currency(Currency::UsdtTrc20)
        .order_id("ORDER_1");
    let exact = expected()?
        .amount(amount("10.5"))
        .currency(Currency::UsdtTrc20)
        .order("ORDER_1");
    check(&usdt, &exact, "");
    check(&usdt.clone().amount(amount("10")), &exact, "amount too low");
    check(&usdt.clone().paid(amount("10")), &exact, "amount too low");
    check(&usdt.clone().paid(amount("11")), &exact, "amount too high");
    check(&usdt.clone().order_id("ORDER_2"), &exact, "order differs");
    check(
        &usdt.clone().currency(Currency::Btc),
        &exact,
        "currency differs",
    );
    let minimum = expected()?.minimum_paid(amount("10.5"));
    check(&usdt.clone().paid(amount("11")), &minimum, "");
    check(&usdt.clone().paid(amount("10")), &minimum, "amount too low");

    for dollars in [payment()?.usd(amount("25")), usdt.usd(amount("25"))] {
        let price = expected()?.usd(amount("25"));
        check(&dollars, &price, "");
        check(&dollars.clone().usd(amount("24")), &price, "price differs");
        check(
            &dollars.clone().paid(amount("5")),
            &price,
            "paid amount too low",
        );
        check(&dollars.clone().paid(amount("30")), &price, "");
        let minimum = expected()?.minimum_paid_usd(amount("25"));
        check(&dollars, &minimum, "");
        check(
            &dollars.clone().paid(amount("5")),
            &minimum,
            "paid amount too low",
        );
    }

    let euros = payment()?.fiat(amount("25"), "EUR");
    let price = expected()?.fiat(amount("25"), "EUR");
    check(&euros, &price, "");
    check(
        &euros.clone().fiat(amount("25"), "RUB"),
        &price,
        "fiat currency differs",
    );
    check(&euros.paid(amount("5")), &price, "paid amount too low");
    Ok(())
}

#[test]
fn what_is_confirmed_counts() -> Result {
    let builder = payment()?
        .amount(amount("10"))
        .paid(amount("11"))
        .order_id("ORDER_1");
    let reported = builder.clone().build();
    assert_eq!(reported.confirmed(), None);
    assert_eq!(reported.amount(), Some(amount("11")));
    let info = reported.invoice_info().ok_or("info")?;
    assert_eq!(
        (info.amount_to_pay, info.amount_paid),
        (Some(amount("10")), Some(amount("11")))
    );

    for payment in [
        builder.clone().confirmed().build(),
        builder.clone().source(Source::Reconciled).build(),
    ] {
        let confirmed = payment.confirmed().ok_or("confirmed")?;
        assert_eq!(confirmed.amount_crypto, Some(amount("10")));
        assert_eq!(
            (payment.amount(), payment.order_id()),
            (Some(amount("10")), Some("ORDER_1"))
        );
        assert_eq!(payment.invoice_info().ok_or("info")?.amount_paid, None);
    }
    let confirmed = builder.clone().confirmed().build();
    assert_eq!(confirmed.reported().amount_crypto, Some(amount("11")));
    let accepted = builder
        .confirmed()
        .accepted(Accepted::new(amount("25")))
        .build();
    assert_eq!(accepted.amount(), Some(amount("25")));
    Ok(())
}

/// Also a handler that overlooks which order was named pays no other one.
#[test]
fn an_accepted_payment_pays_the_named_order() -> Result {
    let expected = Expected::invoice(InvoiceId::parse("A")?).amount(amount("10.5"));
    let accepted = Accepted::new(amount("10.5")).order("ORDER_2")?;
    let payment = payment()?.order_id("ORDER_1").accepted(accepted).build();
    let named = payment.accepted().and_then(Accepted::order_id);
    assert_eq!(
        (named, payment.order_id()),
        (Some("ORDER_2"), Some("ORDER_1"))
    );
    assert!(payment.check(&expected.clone().order("ORDER_2")).is_ok());
    let failure = payment
        .check(&expected.order("ORDER_1"))
        .err()
        .ok_or("held")?;
    assert_eq!(
        failure.to_string(),
        "postback does not match the order: order differs"
    );
    Ok(())
}
