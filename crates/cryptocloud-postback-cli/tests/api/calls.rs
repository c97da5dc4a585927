//! The vendor's calls.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

use crate::{
    KEY, SECRET, TestResult,
    mimic::{Mimic, command},
    order,
};

#[tokio::test]
async fn an_invoice_is_created_and_found() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let start = today()?;
    let created = mimic.call("create", &order("100.2")).await?;
    let uuid = created["uuid"].as_str().ok_or("no uuid")?;
    assert_eq!((uuid.len(), &uuid[..4]), (12, "INV-"));
    let link = format!("{}/pay/{uuid}", mimic.origin);
    for (name, value) in [
        ("address", json!("")),
        ("amount", json!(100.2)),
        ("amount_in_fiat", json!(100.2)),
        ("amount_usd", json!(100.2)),
        ("fiat_currency", json!("USD")),
        ("invoice_id", Value::Null),
        ("link", json!(link)),
        ("status", json!("created")),
        ("test_mode", json!(false)),
    ] {
        assert_eq!(created[name], value, "{name}");
    }
    let names = |value: &Value| -> BTreeSet<String> {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|field| field.0.clone())
            .collect()
    };
    let documented = "address amount amount_in_fiat amount_usd created currency expiry_date fee \
                      fee_usd fiat_currency invoice_id is_email_required link project service_fee \
                      service_fee_usd side_commission side_commission_cc status test_mode \
                      type_payments uuid";
    assert_eq!(
        names(&created),
        documented.split(' ').map(str::to_owned).collect()
    );

    let info = mimic.info(uuid).await?;
    assert_eq!(info, mimic.info(&uuid[4..]).await?);
    let added: BTreeSet<_> = &names(&info) - &names(&created);
    let expected = ["invoice_status", "order_id", "received", "received_usd"];
    assert_eq!(added, expected.map(str::to_owned).into());
    assert_eq!(info["order_id"], "ORDER_93223");
    assert_eq!(info["received"], 0);
    // An unknown invoice is left out, and one that is named twice is there once.
    let uuids = json!({ "uuids": [uuid, uuid, "INV-UNKNOWN1"] });
    assert_eq!(mimic.call("merchant/info", &uuids).await?, json!([info]));

    let days = json!({ "start": start, "end": today()? });
    let listed = mimic.call("merchant/list", &days).await?;
    assert_eq!(listed[0]["uuid"], uuid);
    assert_eq!(listed[0]["date_finished"], Value::Null);

    let uuid = json!({ "uuid": uuid });
    assert_eq!(mimic.call("merchant/canceled", &uuid).await?, json!(["ok"]));
    let (status, body) = mimic.post("/v2/invoice/merchant/canceled", &uuid).await?;
    assert_eq!((status, &body["status"]), (400, &json!("error")));
    Ok(())
}

#[tokio::test]
async fn numbers_and_times_are_written_as_in_python() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let mut order = order("0.00885");
    order["currency"] = json!("USD");
    order["add_fields"] =
        json!({ "cryptocurrency": "BTC", "time_to_pay": { "hours": 0, "minutes": 5 } });
    let response = mimic.send("/v2/invoice/create", KEY, &order).await?;
    let text = response.text().await?;
    for part in [
        r#""amount":1e-05,"#,
        r#""amount_in_fiat":0.00885,"#,
        r#""fee":0,"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
    let body: Value = serde_json::from_str(&text)?;
    let created = body["result"]["created"].as_str().ok_or("no time")?;
    let expires = body["result"]["expiry_date"].as_str().ok_or("no time")?;
    assert!(created.len() == 26 || created.len() == 19, "{created}");
    // Without the fraction, which is zero.
    assert_eq!(expires.len(), 19, "{expires}");
    assert!(expires > created);
    order["currency"] = json!("EUR");
    order["amount"] = json!(10);
    let converted = mimic.call("create", &order).await?;
    assert_eq!(converted["amount_in_fiat"], 10);
    assert_eq!(converted["amount_usd"], 5.0);
    Ok(())
}

#[tokio::test]
async fn invalid_calls_are_refused() -> TestResult {
    let mimic = Mimic::start(&[])?;
    for (path, body) in [
        ("create", json!([])),
        ("create", json!({ "amount": 1 })),
        ("create", json!({ "shop_id": "", "amount": 1 })),
        ("create", json!({ "shop_id": "SHOP" })),
        ("create", json!({ "shop_id": "SHOP", "amount": 0 })),
        ("create", json!({ "shop_id": "SHOP", "amount": -1 })),
        ("create", json!({ "shop_id": "SHOP", "amount": "1e10" })),
        ("create", json!({ "shop_id": "SHOP", "amount": "x" })),
        (
            "create",
            json!({ "shop_id": "SHOP", "amount": 1, "currency": "usd" }),
        ),
        ("merchant/info", json!({})),
        (
            "merchant/info",
            json!({ "uuids": vec!["INV-ILRAJE1Q"; 101] }),
        ),
        ("merchant/list", json!({ "start": "01.01.2026" })),
        (
            "merchant/list",
            json!({ "start": "2026-01-01", "end": "2026-01-02" }),
        ),
        (
            "merchant/list",
            json!({ "start": "01.01.2026", "end": "02.01.2026", "limit": 101 }),
        ),
        ("merchant/canceled", json!({ "uuid": "INV-UNKNOWN1" })),
    ] {
        let (status, result) = mimic.post(&format!("/v2/invoice/{path}"), &body).await?;
        assert_eq!(status, 400, "{body}");
        assert_eq!(result["status"], "error");
        assert!(result["result"]["validate_error"].is_object(), "{result}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_is_read_in_pages() -> TestResult {
    let mimic = Mimic::start(&[])?;
    let start = today()?;
    let mut created = BTreeSet::new();
    for _ in 0..12 {
        created.insert(mimic.create(&order("1")).await?);
    }
    let page = async |offset, limit: Value| -> TestResult<BTreeSet<String>> {
        let page = json!({ "start": start, "end": today()?, "offset": offset, "limit": limit });
        let page = mimic.call("merchant/list", &page).await?;
        let uuids = page.as_array().into_iter().flatten();
        Ok(uuids
            .filter_map(|one| Some(one["uuid"].as_str()?.to_owned()))
            .collect())
    };
    let (first, second) = (page(0, json!(7)).await?, page(7, json!(7)).await?);
    assert_eq!((first.len(), second.len()), (7, 5));
    assert_eq!(&first | &second, created);
    assert_eq!(page(12, json!(7)).await?.len(), 0);
    assert_eq!(page(0, Value::Null).await?.len(), 10);
    let other_day = json!({ "start": "01.01.2026", "end": "02.01.2026" });
    assert_eq!(mimic.call("merchant/list", &other_day).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn only_an_api_key_is_accepted() -> TestResult {
    let open = Mimic::start(&[])?;
    let closed = Mimic::spawn(command(&[]).env("CRYPTOCLOUD_API_KEY", KEY))?;
    for (mimic, key, expected) in [
        (&open, "a.b.c", 200),
        (&open, SECRET, 401),
        (&open, "a.b", 401),
        (&open, "a..c", 401),
        (&open, "", 401),
        (&closed, KEY, 200),
        (&closed, "a.b.c", 401),
    ] {
        for path in [
            "create",
            "merchant/info",
            "merchant/list",
            "merchant/canceled",
        ] {
            let path = format!("/v2/invoice/{path}");
            let mut body = order("1");
            body["uuids"] = json!([]);
            body["start"] = json!("01.01.2026");
            body["end"] = json!("01.01.2026");
            body["uuid"] = json!(mimic.create(&order("1")).await?);
            let response = mimic.send(&path, key, &body).await?;
            assert_eq!(response.status(), expected, "{path} {key}");
            if expected == 401 {
                let result = json!({ "authorization": "Unauthorized request." });
                let unauthorized = json!({ "status": "error", "result": result });
                let received: Value = serde_json::from_str(&response.text().await?)?;
                assert_eq!(received, unauthorized);
            }
        }
    }
    let ended = command(&[]).env("CRYPTOCLOUD_API_KEY", "secret").output()?;
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8(ended.stderr)?.contains("not an API KEY, which is a JWT"));
    let ended = command(&[]).env("CRYPTOCLOUD_API_KEY", " ").output()?;
    assert_eq!(ended.status.code(), Some(2));
    Ok(())
}

fn today() -> TestResult<String> {
    let format = format_description!("[day].[month].[year]");
    Ok(OffsetDateTime::now_utc().format(format)?)
}
