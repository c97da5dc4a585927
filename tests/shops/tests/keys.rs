//! Several projects in one shop, each with an API KEY of its own.

use serde_json::{Value, json};

use crate::{
    API_KEY, Kind, SECRET, TestResult, Vendor, World, postback,
    projects::{NEW, file},
};

on_both!(each_project_asks_with_its_own_key);

/// The vendor of one project knows nothing of the invoices of the other one.
async fn each_project_asks_with_its_own_key(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let club = world.second_vendor(OTHER_KEY).await?;
    let api =
        |vendor: &Vendor, key: &str| format!("api_key = {key:?}\napi_url = {:?}\n", vendor.url());
    let projects = [
        file("shop", SECRET, &[]) + &api(&world.vendor, API_KEY),
        file("club", NEW, &[]) + &api(&club, OTHER_KEY),
    ];
    let shop = world.shop_of(&projects.concat()).await?;
    assert!(!shop.process.log()?.contains("unsigned"));

    for (vendor, path, id, secret) in [
        (&world.vendor, "/postback/shop", "A", SECRET),
        (&club, "/postback/club", "B", NEW),
    ] {
        let paid = async |id: &str| {
            let invoice = vendor.create(id).await?;
            let order = json!({"id": id, "invoice_id": invoice, "amount": "25", "currency": "USD"});
            assert_eq!(shop.post("/orders", &order).await?.0, 201);
            let paid = postback(&invoice, id).secret(secret);
            TestResult::Ok((invoice, paid))
        };
        let (invoice, paid_by) = paid(id).await?;
        // The vendor has seen no payment.
        assert_eq!(shop.pay_at(path, &paid_by).await?, 503, "{path}");
        assert_eq!(shop.paid_by(id).await?, Value::Null);
        vendor.pay(&invoice).await?;
        assert_eq!(shop.until_paid(id).await?, json!(invoice));

        let forgotten = format!("{id}-without-a-postback");
        let (invoice, _) = paid(&forgotten).await?;
        vendor.pay(&invoice).await?;
        assert_eq!(shop.until_paid(&forgotten).await?, json!(invoice));
    }
    assert_eq!(world.emails().await?, 4);
    assert_eq!(shop.held().await?, [""; 0]);
    Ok(())
}

/// Another one than that of the first vendor.
const OTHER_KEY: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTR9.b3RoZXI";
