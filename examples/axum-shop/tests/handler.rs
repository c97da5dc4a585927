//! A test of the handler alone: a payment from a builder, and a database in memory.

use axum_shop::{PayOrder, SCHEMA};
use cryptocloud_postback_axum::inbox::{Accepted, FailureKind, Handler, Payment};
use sqlx::{Connection, SqliteConnection};

#[tokio::test]
async fn an_order_is_paid_once_and_an_underpaid_one_is_held()
-> Result<(), Box<dyn std::error::Error>> {
    let mut tx = SqliteConnection::connect("sqlite::memory:").await?;
    sqlx::raw_sql(SCHEMA).execute(&mut tx).await?;
    let order = "INSERT INTO orders (id, invoice_id, amount, currency) VALUES ('A-1', 'ILRAJE1Q', '10.5', 'TON')";
    sqlx::query(order).execute(&mut tx).await?;
    let reported = Payment::builder("INV-ILRAJE1Q".parse()?)
        .order_id("A-1")
        .currency("TON".parse()?);

    let underpaid = reported.clone().amount("10.4".parse()?).build();
    let failure = PayOrder
        .handle(&underpaid, &mut tx)
        .await
        .expect_err("held");
    assert_eq!(failure.kind(), FailureKind::Hold);
    assert_eq!(
        failure.to_string(),
        "postback does not match the order: amount too low"
    );

    let paid = reported.amount("10.5".parse()?).build();
    assert!(PayOrder.handle(&paid, &mut tx).await.is_ok());
    // The inbox prevents this, unless its rows are lost.
    let failure = PayOrder.handle(&paid, &mut tx).await.expect_err("held");
    assert_eq!(
        failure.to_string(),
        "order A-1 was paid already, by invoice ILRAJE1Q"
    );
    let emails: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox")
        .fetch_one(&mut tx)
        .await?;
    assert_eq!(emails, 1);
    Ok(())
}

/// The vendor states which order an invoice was created for, and that it is paid in full.
#[tokio::test]
async fn a_confirmed_payment_pays_the_order_that_the_vendor_states()
-> Result<(), Box<dyn std::error::Error>> {
    let mut tx = SqliteConnection::connect("sqlite::memory:").await?;
    sqlx::raw_sql(SCHEMA).execute(&mut tx).await?;
    let order = "INSERT INTO orders (id, amount, currency) VALUES ('A-1', '25', 'EUR'), ('A-2', '25', 'USD')";
    sqlx::query(order).execute(&mut tx).await?;
    let stated = Payment::builder("INV-ILRAJE1Q".parse()?)
        .order_id("A-1")
        .amount("25".parse()?)
        .confirmed();

    let dollars = stated.clone().fiat("25".parse()?, "USD").build();
    let failure = PayOrder.handle(&dollars, &mut tx).await.expect_err("held");
    assert_eq!(
        failure.to_string(),
        "postback does not match the order: fiat currency differs"
    );
    let part = stated
        .clone()
        .fiat("25".parse()?, "EUR")
        .paid("20".parse()?)
        .build();
    assert!(PayOrder.handle(&part, &mut tx).await.is_err());
    let full = stated.clone().fiat("25".parse()?, "EUR").build();
    assert!(PayOrder.handle(&full, &mut tx).await.is_ok());
    let named = Accepted::new("25".parse()?).order("A-2")?;
    let accepted = stated.accepted(named).build();
    assert!(
        PayOrder.handle(&accepted, &mut tx).await.is_err(),
        "one invoice pays one order"
    );
    let paid: Vec<String> = sqlx::query_scalar("SELECT id FROM orders WHERE paid_by IS NOT NULL")
        .fetch_all(&mut tx)
        .await?;
    assert_eq!(paid, ["A-1"]);
    Ok(())
}
