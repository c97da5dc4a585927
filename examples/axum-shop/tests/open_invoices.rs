//! An invoice that is not in the vendor's list any more is paid today.

use std::{sync::Arc, time::Duration};

use axum_shop::{Shop, Vendor};
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl};
use cryptocloud_postback_mimic::{Invoice, InvoiceStatus, KEY, Mimic};
use shop::{Backend, Source};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn the_invoices_of_unpaid_orders_are_asked_about() -> Result<(), shop::BoxError> {
    let api = Mimic::start().await?;
    for id in ["OLD1", "OLD2", "OLD3"] {
        let mut paid = Invoice::new(id, InvoiceStatus::Paid);
        // Not in the days that the list is asked for.
        paid["created"] = "2026-01-01 00:00:00".into();
        paid["order_id"] = "A".into();
        api.add(paid);
    }
    let folder = TempDir::with_prefix("axum-shop-")?;
    let api_of_shop = Api::builder(ApiKey::new(KEY)?, BaseUrl::parse(api.url())?).build()?;
    let source = Source {
        api: Arc::new(api_of_shop.clone()),
        interval: Duration::from_secs(1),
    };
    let vendor = Vendor {
        api: api_of_shop,
        shop_id: "shop".to_owned(),
    };
    let shop = Shop::open(folder.path().join("shop.sqlite"), Some(vendor)).await?;
    // The last one was abandoned long ago.
    let sql = "INSERT INTO orders (id, invoice_id, amount, currency, created_at) VALUES \
               ('A', 'OLD1', '25', 'USD', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-29 days')), \
               ('B', 'OLD2', '25', 'USD', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-31 days'))";
    sqlx::query(sql).execute(shop.store.pool()).await?;
    let _inbox = shop.start("shop".into(), Some(source)).await?;
    assert_eq!(timeout(HANG, first_paid(&shop)).await??, ["A"]);
    let mut asked = api
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/info"));
    let asked = asked.next().ok_or("not asked")?;
    assert_eq!(asked.body["uuids"], serde_json::json!(["OLD1"]));
    Ok(())
}

async fn first_paid(shop: &Shop) -> sqlx::Result<Vec<String>> {
    loop {
        let paid = sqlx::query_scalar("SELECT id FROM orders WHERE paid_by IS NOT NULL");
        let paid: Vec<String> = paid.fetch_all(shop.store.pool()).await?;
        if !paid.is_empty() {
            return Ok(paid);
        }
        sleep(PAUSE).await;
    }
}

const HANG: Duration = Duration::from_secs(120);
/// Between two looks at the orders, which send no event.
const PAUSE: Duration = Duration::from_millis(50);
