use std::{sync::Arc, time::Duration};

use actix_shop::{Shop, Vendor};
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl};
use cryptocloud_postback_mimic::{Invoice, InvoiceStatus, KEY, Mimic};
use cryptocloud_postback_sqlx::PostgresStore;
use shop::{Backend, Source};

use crate::{TestResult, process::Database};

/// They are not in the vendor's list any more, and are paid today.
#[tokio::test]
async fn the_invoices_of_unpaid_orders_are_asked_about() -> TestResult {
    let Some(database) = Database::create("open_invoices").await? else {
        return Ok(());
    };
    let api = Mimic::start().await?;
    for id in ["OLD1", "OLD2", "OLD3"] {
        let mut paid = Invoice::new(id, InvoiceStatus::Paid);
        // Not in the days that the list is asked for.
        paid["created"] = "2026-01-01 00:00:00".into();
        paid["order_id"] = "A".into();
        api.add(paid);
    }
    let api_of_shop = Api::builder(ApiKey::new(KEY)?, BaseUrl::parse(api.url())?).build()?;
    let source = Source {
        api: Arc::new(api_of_shop.clone()),
        interval: Duration::from_secs(1),
    };
    let vendor = Some(Vendor {
        api: api_of_shop,
        shop_id: "shop".to_owned(),
    });
    let store = PostgresStore::new(database.pool.clone());
    // The last one was abandoned long ago.
    database
        .run(
            "INSERT INTO orders (id, invoice_id, amount, currency, created_at) VALUES \
             ('A', 'OLD1', '25', 'USD', (now() - interval '29 days')::text), \
             ('B', 'OLD2', '25', 'USD', (now() - interval '31 days')::text)",
        )
        .await?;
    let shop = Shop { store, vendor };
    let _inbox = shop.start("shop".into(), Some(source)).await?;
    database.until("orders WHERE paid_by = 'OLD1'", 1).await?;
    assert_eq!(database.count("outbox").await?, 1);
    let mut asked = api
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/info"));
    let asked = asked.next().ok_or("not asked")?;
    assert_eq!(asked.body["uuids"], serde_json::json!(["OLD1"]));
    Ok(())
}
