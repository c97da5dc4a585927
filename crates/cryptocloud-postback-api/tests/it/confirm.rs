//! What is confirmed, what is not, and how often the vendor is asked.

use std::{
    error::Error as _,
    future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback_api::{
    ApiError, ApiErrorKind, Confirmer, Date, Invoice, InvoiceSource, NotConfirmedKind as Kind,
    core::{Difference, Expected, InvoiceId, InvoiceStatus, testing::PostbackBuilder},
};
use cryptocloud_postback_mimic::{Fault, Mimic};
use futures_util::{
    StreamExt,
    future::join_all,
    stream::{self, BoxStream},
};
use serde_json::{Value, json};
use tokio::time;

use crate::{TestResult, api, builder, id, invoice, postback, verified};

#[tokio::test]
async fn a_confirmed_payment_has_the_vendors_amounts() -> TestResult {
    let server = Mimic::start().await?;
    server.add(invoice("A", "paid"));
    server.set("A", "order_id", "ORDER_93223");
    let confirmer = Confirmer::builder(api(&server)).build();
    // A postback may report the net amount, a form anything less than all.
    let reported = postback("A")
        .amount("24.5")
        .order_id("ORDER_93223")
        .info_field("amount_usd", "9000");
    let confirmed = confirmer.confirm(&verified(&reported)).await?;
    assert_eq!(confirmed.invoice_id(), &id("A"));
    assert_eq!(confirmed.status(), &InvoiceStatus::Paid);
    assert_eq!(confirmed.amount(), Some("25".parse()?));
    assert_eq!(confirmed.received(), Some("24.5".parse()?));
    assert_eq!(confirmed.received_usd(), Some("24.5".parse()?));
    assert_eq!(confirmed.order_id(), Some("ORDER_93223"));
    assert!(!confirmed.is_test());
    assert_eq!(confirmed.verified().invoice_id(), confirmed.invoice().id());

    let order = Expected::invoice(id("A")).order("ORDER_93223");
    assert!(confirmed.check(&order.clone().usd("25".parse()?)).is_ok());
    let mismatch = confirmed.check(&order.usd("9000".parse()?)).unwrap_err();
    assert!(mismatch.differences().eq([Difference::Price]));
    let mismatch = confirmed
        .check(&Expected::invoice(id("B")).order("OTHER"))
        .unwrap_err();
    assert!(
        mismatch
            .differences()
            .eq([Difference::Invoice, Difference::Order])
    );
    Ok(())
}

#[tokio::test]
async fn each_reason_not_to_confirm_has_its_kind() -> TestResult {
    let server = Mimic::start().await?;
    let fields: [(&str, &str, Value); 7] = [
        ("TEST", "test_mode", true.into()),
        ("UNKNOWN_TEST", "test_mode", Value::Null),
        ("NO_USD", "received_usd", Value::Null),
        ("LITTLE", "received_usd", json!(19.99)),
        ("OTHER", "project", json!({"id": 2, "name": "Shop"})),
        ("NEW_STATUS", "status", "refunded".into()),
        ("ODD_STATUS", "status", json!(["paid"])),
    ];
    for (name, field, value) in fields {
        server.add(invoice(name, "paid"));
        server.set(name, field, value);
    }
    for status in ["paid", "overpaid", "created", "partial", "canceled"] {
        server.add(invoice(status, status));
    }
    let builder = Confirmer::builder(api(&server)).project_id(1);
    let confirmer = builder.minimum_received_usd("20".parse()?).build();
    for (name, expected) in [
        ("paid", None),
        ("overpaid", None),
        ("created", Some(Kind::Pending)),
        ("partial", Some(Kind::Partial)),
        ("canceled", Some(Kind::Canceled)),
        ("MISSING", Some(Kind::Pending)),
        ("TEST", Some(Kind::Test)),
        ("UNKNOWN_TEST", Some(Kind::Test)),
        ("NO_USD", Some(Kind::TooLittle)),
        ("LITTLE", Some(Kind::TooLittle)),
        ("OTHER", Some(Kind::OtherProject)),
        ("NEW_STATUS", Some(Kind::Pending)),
        ("ODD_STATUS", Some(Kind::Pending)),
    ] {
        let refused = confirmer.confirm(&verified(&postback(name))).await.err();
        assert_eq!(
            refused.as_ref().map(|refused| refused.kind()),
            expected,
            "{name}"
        );
        if let Some(refused) = refused {
            assert_eq!(refused.invoice_id(), &id(name));
            assert_eq!(refused.stated().is_none(), name == "MISSING", "{name}");
        }
    }
    let lenient = Confirmer::builder(api(&server)).accept_test(true).build();
    for name in ["TEST", "OTHER", "LITTLE"] {
        let confirmed = lenient.confirm(&verified(&postback(name))).await?;
        assert_eq!(confirmed.is_test(), name == "TEST");
    }
    Ok(())
}

#[tokio::test]
async fn a_forged_body_under_a_valid_token_differs() -> TestResult {
    let server = Mimic::start().await?;
    server.add(invoice("A", "paid"));
    server.set("A", "order_id", "ORDER_93223");
    let confirmer = Confirmer::builder(api(&server)).build();
    let genuine = postback("A").order_id("ORDER_93223");
    use Difference as D;
    let forged: [(PostbackBuilder, &[D], &str); 4] = [
        (
            genuine.clone().amount("9000"),
            &[D::AmountTooHigh],
            "amount too high",
        ),
        (
            genuine.clone().order_id("EXPENSIVE"),
            &[D::Order],
            "order differs",
        ),
        (
            genuine.clone().currency("BTC"),
            &[D::Currency],
            "currency differs",
        ),
        (
            genuine.clone().order_id("X").amount("1"),
            &[D::Order, D::AmountTooLow],
            "order differs, amount too low",
        ),
    ];
    for (forged, differences, text) in forged {
        let refused = confirmer.confirm(&verified(&forged)).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.differences()),
            (Kind::Differs, differences)
        );
        let text = format!("postback differs from what the vendor states: {text}");
        assert_eq!(refused.to_string(), text);
    }
    // The genuine one is none the worse for it.
    let _confirmed = confirmer.confirm(&verified(&genuine)).await?;
    let tolerant = Confirmer::builder(api(&server))
        .tolerance("0.01".parse()?)
        .build();
    let _confirmed = tolerant.confirm(&verified(&genuine.amount("25.2"))).await?;
    Ok(())
}

#[tokio::test]
async fn many_resends_are_one_call() -> TestResult {
    let server = Mimic::start().await?;
    server.add(invoice("A", "paid"));
    let confirmer = Confirmer::builder(api(&server)).build();
    let postback = verified(&postback("A"));
    let all = join_all((0..32).map(|_| confirmer.confirm(&postback))).await;
    assert!(all.iter().all(Result::is_ok));
    let _confirmed = confirmer.clone().confirm(&postback).await?;
    assert_eq!(server.count(), 1);

    let uncached = Confirmer::builder(api(&server))
        .cache(Duration::ZERO)
        .build();
    let _confirmed = uncached.confirm(&postback).await?;
    let _confirmed = uncached.confirm(&postback).await?;
    assert_eq!(server.count(), 3);
    Ok(())
}

/// A postback that follows the payment at once must not meet what the vendor stated before it.
#[tokio::test]
async fn only_the_statement_of_a_payment_is_kept() -> TestResult {
    for before in ["created", "partial"] {
        let server = Mimic::start().await?;
        server.add(invoice("A", before));
        let confirmer = Confirmer::builder(api(&server)).build();
        let postback = verified(&postback("A"));
        assert!(confirmer.confirm(&postback).await.is_err());
        server.set("A", "status", "paid");
        let _confirmed = confirmer.confirm(&postback).await?;
        assert_eq!(server.count(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn while_the_api_is_down_nothing_is_confirmed_and_soon_nothing_is_asked() -> TestResult {
    let server = Mimic::start().await?;
    server.add(invoice("A", "paid"));
    let api = builder(&server).max_retries(0).build()?;
    let confirmer = Confirmer::builder(api).build();
    let postback = verified(&postback("A"));
    server.fail([Fault::status(429).header("retry-after", "60")]);
    let refused = confirmer.confirm(&postback).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable);
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(60)));
    // An error is not kept.
    let _confirmed = confirmer.confirm(&postback).await?;

    let other = verified(&crate::postback("B"));
    server.fail_always(Fault::status(401));
    let before = server.count();
    for call in 1..=7 {
        let refused = confirmer.confirm(&other).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable);
        let cause = refused
            .source()
            .and_then(|source| source.downcast_ref::<ApiError>());
        let expected = (call <= 5).then_some(ApiErrorKind::Unauthorized);
        assert_eq!(cause.map(ApiError::kind), expected, "{call}");
        assert_eq!(refused.retry_after().is_some(), call > 5, "{call}");
    }
    assert_eq!(server.count() - before, 5);
    Ok(())
}

/// A source that works only now and then, and may never end.
#[derive(Debug, Default)]
struct Moody {
    asked: AtomicUsize,
    calls_that_fail: usize,
    hangs: bool,
    invoice: Option<Invoice>,
}

#[async_trait]
impl InvoiceSource for Moody {
    async fn invoices(&self, _: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        if self.hangs {
            future::pending::<()>().await;
        }
        if self.asked.fetch_add(1, Ordering::Relaxed) < self.calls_that_fail {
            return Err(ApiError::other("moody"));
        }
        Ok(self.invoice.clone().into_iter().collect())
    }

    fn list(&self, _: Date, _: Date) -> BoxStream<'_, Result<Invoice, ApiError>> {
        stream::empty().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn the_circuit_closes_again() -> TestResult {
    let paid = Invoice::parse(&invoice("A", "paid").to_string());
    let source = Arc::new(Moody {
        calls_that_fail: 6,
        invoice: paid,
        ..Moody::default()
    });
    let confirmer = Confirmer::builder(Arc::clone(&source)).build();
    let postback = verified(&postback("A"));
    for (seconds, asked, confirmed) in [
        (0, 1, false),
        (0, 2, false),
        (0, 3, false),
        (0, 4, false),
        (0, 5, false),
        (29, 5, false),
        (1, 6, false),
        (29, 6, false),
        (1, 7, true),
    ] {
        time::advance(Duration::from_secs(seconds)).await;
        assert_eq!(
            confirmer.confirm(&postback).await.is_ok(),
            confirmed,
            "{asked}"
        );
        assert_eq!(source.asked.load(Ordering::Relaxed), asked);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_source_that_never_ends_is_unavailable() {
    let hangs = Moody {
        hangs: true,
        ..Moody::default()
    };
    let confirmer = Confirmer::builder(hangs).build();
    let refused = confirmer
        .confirm(&verified(&postback("A")))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable);
    let cause = refused
        .source()
        .and_then(|source| source.downcast_ref::<ApiError>());
    assert_eq!(cause.map(ApiError::kind), Some(ApiErrorKind::TimedOut));
}

#[tokio::test]
async fn another_invoice_of_a_source_confirms_nothing() {
    let other = Invoice::parse(&invoice("B", "paid").to_string());
    let confirmer = Confirmer::builder(Moody {
        invoice: other,
        ..Moody::default()
    })
    .build();
    let refused = confirmer
        .confirm(&verified(&postback("A")))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::Pending);
}

#[test]
fn every_response_says_whether_to_come_again() {
    for kind in Kind::ALL {
        let response = kind.response();
        let comes_again = response.headers().contains(&("retry-after", "30"));
        assert_eq!(comes_again, kind.is_temporary(), "{kind}");
        assert_eq!(response.status() == 503, kind.is_temporary(), "{kind}");
        assert!((400..=503).contains(&response.status()), "{kind}");
        assert!(
            serde_json::from_str::<Value>(response.body()).is_ok(),
            "{kind}"
        );
    }
}
