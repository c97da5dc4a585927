//! A test of the handler alone, as a shop of your own needs one.

use actix_shop::PayOrder;
use cryptocloud_postback_actix_web::{
    core::{Currency, InvoiceId},
    inbox::{Handler, Payment},
};
use sqlx::{Connection, PgConnection};
use throw_away_servers::PostgresServer;

#[tokio::test]
async fn pays_the_order_of_the_invoice_and_no_less_than_its_price()
-> Result<(), Box<dyn std::error::Error>> {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let mut database = PgConnection::connect(&server.url()).await?;
    sqlx::raw_sql(include_str!("../sql/schema.sql"))
        .execute(&mut database)
        .await?;
    let order = "INSERT INTO orders (id, invoice_id, amount, currency) \
                 VALUES ('A-1', 'ILRAJE1Q', '12.5', 'USDT_TRC20')";
    sqlx::query(order).execute(&mut database).await?;
    let payment = Payment::builder(InvoiceId::parse("INV-ILRAJE1Q")?)
        .order_id("A-1")
        .currency(Currency::UsdtTrc20);

    let too_low = payment.clone().amount("12.4".parse()?).build();
    let held = PayOrder.handle(&too_low, &mut database).await;
    let reason = held.err().map(|failure| failure.to_string());
    let expected = "postback does not match the order: amount too low";
    assert_eq!(reason.as_deref(), Some(expected));

    let full = payment.amount("12.5".parse()?).build();
    assert!(PayOrder.handle(&full, &mut database).await.is_ok());
    let paid_by: Option<String> = sqlx::query_scalar("SELECT paid_by FROM orders")
        .fetch_one(&mut database)
        .await?;
    assert_eq!(paid_by.as_deref(), Some("ILRAJE1Q"));

    // The vendor states the order and the price.
    let others = "INSERT INTO orders (id, amount, currency) VALUES ('A-2', '25', 'EUR'), ('A-3', '25', 'USD')";
    sqlx::raw_sql(others).execute(&mut database).await?;
    let stated = Payment::builder(InvoiceId::parse("INV-OTHER")?)
        .order_id("A-2")
        .amount("25".parse()?)
        .confirmed();
    let dollars = stated.clone().fiat("25".parse()?, "USD").build();
    assert!(PayOrder.handle(&dollars, &mut database).await.is_err());
    let euros = stated.fiat("25".parse()?, "EUR").build();
    assert!(PayOrder.handle(&euros, &mut database).await.is_ok());
    let paid: Option<String> = sqlx::query_scalar("SELECT id FROM orders WHERE paid_by = 'OTHER'")
        .fetch_one(&mut database)
        .await?;
    assert_eq!(paid.as_deref(), Some("A-2"));
    Ok(())
}
