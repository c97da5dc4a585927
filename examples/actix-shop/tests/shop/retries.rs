use actix_shop::{PayOrder, Shop};
use actix_web::{App, HttpServer};
use cryptocloud_postback_actix_web::{
    core::{SecretKey, Verifier},
    inbox::{Failure, Handler, Inbox, Payment},
};
use cryptocloud_postback_sqlx::PostgresStore;
use shop::Postbacks;
use sqlx::PgConnection;

use crate::{
    SECRET, TestResult, postback,
    process::{Api, Database},
};

#[tokio::test]
async fn a_handler_that_fails_twice_is_paid_by_the_worker() -> TestResult {
    let Some(database) = Database::create("fails_twice").await? else {
        return Ok(());
    };
    let shop = database.start_shop().await?;
    shop.api.create("A").await?;
    // A sequence keeps its value when the transaction rolls back.
    database
        .run(
            "CREATE SEQUENCE runs; \
             CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('runs') <= 2 THEN RAISE 'disk full'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER fail_twice BEFORE UPDATE ON orders FOR EACH ROW \
             EXECUTE FUNCTION fail_twice()",
        )
        .await?;
    assert_eq!(shop.api.pay(&postback("A")).await?, 503);
    assert_eq!(shop.api.paid_by("A").await?, None);
    shop.api.until_paid("A").await?;
    assert_eq!(database.count("runs WHERE last_value = 3").await?, 1);
    assert_eq!(database.count("outbox").await?, 1);
    assert_eq!(shop.log_lines("disk full").len(), 2);
    Ok(())
}

/// Ignores that the e-mail was not queued, and so that its transaction is aborted.
struct Careless;

impl Handler<PgConnection> for Careless {
    async fn handle(&self, payment: &Payment, tx: &mut PgConnection) -> Result<(), Failure> {
        let _ = sqlx::query("INSERT INTO outbox (order_id, subject) VALUES ('A', 'Thank you')")
            .execute(&mut *tx)
            .await;
        let _ = sqlx::query("UPDATE orders SET paid_by = $1 WHERE id = 'A'")
            .bind(payment.invoice_id().as_str())
            .execute(&mut *tx)
            .await;
        Ok(())
    }
}

#[tokio::test]
async fn a_swallowed_error_is_never_a_200() -> TestResult {
    let Some(database) = Database::create("swallowed").await? else {
        return Ok(());
    };
    let api = serve(&database, Careless).await?;
    api.create("A").await?;
    database.run("ALTER TABLE outbox RENAME TO away").await?;
    for _ in 0..3 {
        assert_eq!(api.pay(&postback("A")).await?, 503);
        assert_eq!(api.paid_by("A").await?, None);
    }
    database.run("ALTER TABLE away RENAME TO outbox").await?;
    api.until_paid("A").await?;
    assert_eq!(database.count("outbox").await?, 1);
    assert_eq!(api.pay(&postback("A")).await?, 200);
    Ok(())
}

/// The shop with another handler, in this process, to mount it as a server of one's own would.
async fn serve(database: &Database, handler: impl Handler<PgConnection>) -> TestResult<Api> {
    let store = PostgresStore::new(database.pool.clone());
    let inbox = Inbox::builder("shop", store.clone(), handler).start();
    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let postbacks = Postbacks::One(verifier, inbox.await?);
    let shop = Shop {
        store,
        vendor: None,
    };
    let server = HttpServer::new(move || {
        let (shop, postbacks) = (shop.clone(), postbacks.clone());
        App::new().configure(|config| actix_shop::configure(config, shop, postbacks))
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0")?;
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    Api::new(&format!("http://{address}"))
}

/// The handler pays through the inbox's transaction, so `serve` differs from the program in nothing
/// else.
#[tokio::test]
async fn the_shop_can_be_mounted() -> TestResult {
    let Some(database) = Database::create("mounted").await? else {
        return Ok(());
    };
    let api = serve(&database, PayOrder).await?;
    api.create("A").await?;
    assert_eq!(api.pay(&postback("A")).await?, 200);
    assert_eq!(api.paid_by("A").await?.as_deref(), Some("A"));
    Ok(())
}
