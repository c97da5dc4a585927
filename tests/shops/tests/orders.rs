//! How an order gets its invoice.

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::{API_KEY, Kind, TestResult, World, postback, shop::usd, until};

on_both!(
    a_created_invoice_that_was_not_stored_pays_its_order,
    an_invoice_from_elsewhere_can_be_given,
    an_order_gets_its_invoice_from_the_api_and_is_paid_by_it,
    an_order_outlives_a_failure_of_the_api,
    an_order_outlives_a_shop_that_is_killed_while_its_invoice_is_created,
    an_order_that_is_created_many_times_at_once_has_one_link,
    prices_in_coins_get_no_invoice,
    prices_in_other_fiat_currencies_are_compared,
    without_a_key_a_fiat_price_is_compared_with_what_is_reported,
);

async fn an_order_gets_its_invoice_from_the_api_and_is_paid_by_it(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let (status, order) = shop.post("/orders", &usd("A")).await?;
    let invoices = world.vendor.invoices().await?;
    assert_eq!((status, invoices.len()), (201, 1));
    assert_eq!(order["link"], invoices[0]["link"]);
    assert_eq!(
        (&invoices[0]["order_id"], &invoices[0]["amount_in_fiat"]),
        (&json!("A"), &json!(25))
    );
    let invoice = order["invoice_id"].as_str().ok_or("no invoice")?;
    assert_eq!(invoices[0]["uuid"], format!("INV-{invoice}"));

    // The same request is the same order.
    let mut same = usd("A");
    assert_eq!(shop.post("/orders", &same).await?, (200, order.clone()));
    same["amount"] = json!("25.00");
    assert_eq!(shop.post("/orders", &same).await?, (200, order.clone()));
    for (field, value) in [
        ("amount", "24"),
        ("currency", "EUR"),
        ("invoice_id", "INV-OTHER"),
    ] {
        let mut other = usd("A");
        other[field] = json!(value);
        assert_eq!(shop.post("/orders", &other).await?.0, 409, "{other}");
    }
    assert_eq!(shop.get("/orders").await?, json!([order]));
    assert_eq!(world.vendor.invoices().await?.len(), 1);

    // The customer can choose any coin, so the report need not even name the order's currency.
    world.vendor.pay(invoice).await?;
    assert_eq!(shop.pay(&postback(invoice, "A")).await?, 200);
    assert_eq!(shop.paid_by("A").await?, json!(invoice));
    // Also when it is paid.
    assert_eq!(shop.post("/orders", &usd("A")).await?.0, 200);
    assert_eq!(world.vendor.invoices().await?.len(), 1);
    Ok(())
}

async fn an_order_outlives_a_failure_of_the_api(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    for fault in [json!(500), json!("down"), json!(401), json!(429)] {
        world.vendor.fail(fault.clone()).await?;
        let (status, text) = shop.post("/orders", &usd("A")).await?;
        assert_eq!(status, 502, "{fault}: {text}");
        assert!(!text.to_string().contains(API_KEY));
        let order = shop.get("/orders/A").await?;
        assert_eq!(
            (&order["invoice_id"], &order["link"]),
            (&Value::Null, &Value::Null)
        );
        let other = json!({"id": "A", "amount": "24", "currency": "USD"});
        assert_eq!(shop.post("/orders", &other).await?.0, 409);
    }
    world.vendor.recover().await?;
    let (status, order) = shop.post("/orders", &usd("A")).await?;
    assert_eq!(status, 200);
    assert_eq!(order["link"], world.vendor.invoices().await?[0]["link"]);
    let log = shop.process.log()?;
    assert!(
        log.contains("API key was not accepted") && !log.contains(API_KEY),
        "{log}"
    );
    Ok(())
}

/// Its response never arrives.
async fn a_created_invoice_that_was_not_stored_pays_its_order(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    world.vendor.fail(json!("cut")).await?;
    assert_eq!(shop.post("/orders", &usd("A")).await?.0, 502);
    world.vendor.recover().await?;
    let invoices = world.vendor.invoices().await?;
    assert_eq!(invoices.len(), 1);
    let invoice = invoices[0]["uuid"]
        .as_str()
        .and_then(|uuid| uuid.strip_prefix("INV-"));
    let invoice = invoice.ok_or("no uuid")?;
    world.vendor.pay(invoice).await?;
    // An attacker pays an invoice of their own, and writes this order into the body.
    let other = world.vendor.create("Other").await?;
    world.vendor.pay(&other).await?;
    assert_eq!(shop.pay(&postback(&other, "A")).await?, 200);
    assert_eq!(shop.paid_by("A").await?, Value::Null);
    assert_eq!(shop.pay(&postback(invoice, "A")).await?, 200);
    assert_eq!(shop.paid_by("A").await?, json!(invoice));
    // A paid order gets no second invoice.
    let (status, order) = shop.post("/orders", &usd("A")).await?;
    assert_eq!((status, &order["link"]), (200, &Value::Null));
    assert_eq!(world.vendor.invoices().await?.len(), 2);
    Ok(())
}

async fn an_order_outlives_a_shop_that_is_killed_while_its_invoice_is_created(
    kind: Kind,
) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    world.vendor.fail(json!("slow")).await?;
    let request = usd("A");
    tokio::select! {
        response = shop.post("/orders", &request) => return Err(format!("{response:?}").into()),
        stored = until("order is stored", async || {
            Ok(shop.get("/orders").await?.as_array().map(Vec::len) == Some(1))
        }) => stored?,
    }
    shop.process.kill().await?;
    world.vendor.recover().await?;
    let shop = world.shop().await?;
    assert_eq!(shop.get("/orders/A").await?["invoice_id"], Value::Null);
    let (status, order) = shop.post("/orders", &usd("A")).await?;
    assert_eq!(status, 200);
    let invoice = order["invoice_id"].as_str().ok_or("no invoice")?;
    world.vendor.pay(invoice).await?;
    assert_eq!(shop.pay(&postback(invoice, "A")).await?, 200);
    assert_eq!(shop.paid_by("A").await?, json!(invoice));
    Ok(())
}

async fn an_order_that_is_created_many_times_at_once_has_one_link(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    for round in 0..5 {
        let request = usd(&format!("A{round}"));
        let responses = try_join_all((0..8).map(|_| shop.post("/orders", &request))).await?;
        let created = responses.iter().filter(|(status, _)| *status == 201);
        assert_eq!(created.count(), 1, "{responses:?}");
        let order = shop.get(&format!("/orders/A{round}")).await?;
        for (status, response) in responses {
            assert!([200, 201].contains(&status), "{response}");
            assert_eq!(response, order);
        }
    }
    Ok(())
}

async fn prices_in_coins_get_no_invoice(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let order = json!({"id": "A", "amount": "25", "currency": "USDT_TRC20"});
    let reason = "an invoice needs a price in a fiat currency, such as USD";
    assert_eq!(shop.post("/orders", &order).await?, (422, json!(reason)));
    for id in ["", "A\n", &"x".repeat(129)] {
        assert_eq!(shop.post("/orders", &usd(id)).await?.0, 422, "{id}");
    }
    let free = json!({"id": "A", "amount": "0", "currency": "USD"});
    assert_eq!(shop.post("/orders", &free).await?.0, 422);
    for currency in ["EURO", "usd", "U$D", "EU"] {
        let order = json!({"id": "A", "amount": "25", "currency": currency});
        assert_eq!(shop.post("/orders", &order).await?.0, 422, "{currency}");
    }
    assert_eq!(shop.get("/orders").await?, json!([]));
    assert_eq!(world.vendor.invoices().await?.len(), 0);
    Ok(())
}

async fn an_invoice_from_elsewhere_can_be_given(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    for (id, amount, status) in [("Coins", "25", 200), ("Expensive", "26", 200)] {
        let invoice = world.vendor.create(id).await?;
        let order =
            json!({"id": id, "invoice_id": invoice, "amount": amount, "currency": "USDT_TRC20"});
        let (created, order) = shop.post("/orders", &order).await?;
        assert_eq!((created, &order["link"]), (201, &Value::Null));
        world.vendor.pay(&invoice).await?;
        assert_eq!(shop.pay(&postback(&invoice, id)).await?, status);
    }
    shop.until_paid("Coins").await?;
    let reason = "postback does not match the order: amount too low";
    assert_eq!(shop.held().await?, [reason]);
    assert_eq!(shop.paid_by("Expensive").await?, Value::Null);
    assert_eq!(world.vendor.invoices().await?.len(), 2);
    Ok(())
}

/// The mimic sells a euro for half a dollar.
async fn prices_in_other_fiat_currencies_are_compared(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop().await?;
    let order = json!({"id": "A", "amount": "25", "currency": "EUR"});
    let (status, order) = shop.post("/orders", &order).await?;
    assert_eq!(status, 201, "{order}");
    let invoice = order["invoice_id"].as_str().ok_or("no invoice")?;
    world.vendor.pay(invoice).await?;
    let paid = postback(invoice, "A")
        .amount("12.5")
        .usd("12.5")
        .fiat("25", "EUR");
    assert_eq!(shop.pay(&paid).await?, 200);
    assert_eq!(shop.paid_by("A").await?, json!(invoice));

    // An invoice of 25 US dollars is none of 25 euros.
    let invoice = world.vendor.create("B").await?;
    let order = json!({"id": "B", "invoice_id": invoice, "amount": "25", "currency": "EUR"});
    assert_eq!(shop.post("/orders", &order).await?.0, 201);
    world.vendor.pay(&invoice).await?;
    assert_eq!(
        shop.pay(&postback(&invoice, "B").fiat("25", "EUR")).await?,
        200
    );
    let reason = "postback does not match the order: fiat currency differs";
    assert_eq!(shop.held().await?, [reason]);
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    Ok(())
}

async fn without_a_key_a_fiat_price_is_compared_with_what_is_reported(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let mut command = world.command();
    command.env_remove("CRYPTOCLOUD_API_KEY");
    let shop = world.start(command).await?;
    for (id, usd) in [("A", "25"), ("B", "24")] {
        let order =
            json!({"id": id, "invoice_id": format!("INV-{id}"), "amount": "25", "currency": "USD"});
        assert_eq!(shop.post("/orders", &order).await?.0, 201);
        assert_eq!(shop.pay(&postback(id, id).usd(usd)).await?, 200);
    }
    assert_eq!(shop.paid_by("A").await?, "A");
    let reason = "postback does not match the order: price differs";
    assert_eq!(shop.held().await?, [reason]);
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    // A customer's own invoice, with a body that names the order of another one.
    assert_eq!(shop.pay(&postback("THEIRS", "B")).await?, 200);
    let no_order = "no order has this invoice, or has this id and no invoice";
    assert_eq!(shop.held().await?, [reason, no_order]);
    assert_eq!(shop.paid_by("B").await?, Value::Null);
    // No API was asked for these invoices.
    let order = json!({"id": "C", "amount": "25", "currency": "USD"});
    let (status, order) = shop.post("/orders", &order).await?;
    assert_eq!((status, &order["link"]), (201, &Value::Null));
    Ok(())
}
