//! Creates, cancels and looks up invoices.

use cryptocloud_postback_api::{
    ApiErrorKind, Invoice, NewInvoice,
    core::{Currency, InvoiceStatus},
};
use cryptocloud_postback_mimic::{Fault, KEY, Mimic};
use serde_json::{Value, json};

use crate::{TestResult, api, id, ids, invoice, page};

fn names(invoices: &[Invoice]) -> Vec<&str> {
    invoices
        .iter()
        .map(|invoice| invoice.id().as_str())
        .collect()
}

#[tokio::test]
async fn creates_an_invoice() -> TestResult {
    let server = Mimic::start().await?;
    let new = NewInvoice::new("shop", "10.50".parse()?)
        .order_id("ORDER_93223")
        .currency("EUR");
    let created = api(&server).create_invoice(&new).await?;
    let link = format!("{}/pay/INV-{}", server.url(), created.id());
    assert_eq!(created.link(), Some(&*link));
    assert_eq!(created.status(), Some(&InvoiceStatus::Created));
    assert_eq!(created.info().fiat_currency.as_deref(), Some("EUR"));
    let [request] = &server.requests()[..] else {
        return Err("not one request".into());
    };
    assert_eq!(request.path, "/v2/invoice/create");
    assert_eq!(request.authorization, format!("Token {KEY}"));
    let sent = json!({
        "shop_id": "shop",
        "amount": 10.5,
        "currency": "EUR",
        "order_id": "ORDER_93223",
        "add_fields": {},
    });
    assert_eq!(request.body, sent);
    Ok(())
}

#[tokio::test]
async fn a_refused_field_is_named() -> TestResult {
    let server = Mimic::start().await?;
    let api = api(&server);
    let error = api
        .create_invoice(&NewInvoice::new("shop", "0".parse()?))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Rejected);
    assert_eq!(error.fields(), ["amount"]);
    assert_eq!(
        error.to_string(),
        "API rejected the request (status 400): amount"
    );

    let body = r#"{"status":"error","result":{"validate_error":
        {"shop_id": ["no such shop"], "currency": "bad"}}}"#;
    server.fail([Fault::respond(400, body)]);
    let error = api
        .create_invoice(&NewInvoice::new("shop", "1".parse()?))
        .await
        .unwrap_err();
    assert_eq!(error.fields(), ["currency", "shop_id"]);
    // A response without the vendor's nesting, and with 200.
    let body = r#"{"status":"error","result":{"order_id":"no"}}"#;
    server.fail([Fault::respond(200, body)]);
    let error = api
        .create_invoice(&NewInvoice::new("shop", "1".parse()?))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fields()),
        (ApiErrorKind::Rejected, &["order_id"][..])
    );
    assert_eq!(server.count(), 3);
    Ok(())
}

#[tokio::test]
async fn cancels_only_what_is_created() -> TestResult {
    let server = Mimic::start().await?;
    server.add(invoice("A", "created"));
    server.add(invoice("B", "paid"));
    let api = api(&server);
    api.cancel(&id("A")).await?;
    let stated = api.invoices(&ids(["A"])).await?;
    assert_eq!(
        stated.first().and_then(Invoice::status),
        Some(&InvoiceStatus::Canceled)
    );
    assert_eq!(
        api.cancel(&id("B")).await.unwrap_err().kind(),
        ApiErrorKind::Rejected
    );
    assert_eq!(
        server.requests().first().map(|r| r.body.clone()),
        Some(json!({"uuid": "INV-A"}))
    );
    Ok(())
}

#[tokio::test]
async fn looks_up_what_is_asked_in_its_order() -> TestResult {
    let server = Mimic::start().await?;
    for (name, status) in [("A", "paid"), ("B", "partial"), ("C", "created")] {
        server.add(invoice(name, status));
    }
    let invoices = api(&server)
        .invoices(&ids(["C", "INV-A", "A", "MISSING"]))
        .await?;
    assert_eq!(names(&invoices), ["C", "A"]);
    let [_, paid] = &invoices[..] else {
        return Err("not two".into());
    };
    assert_eq!(paid.status(), Some(&InvoiceStatus::Paid));
    assert_eq!(paid.amount(), Some("25".parse()?));
    assert_eq!(paid.received(), Some("24.5".parse()?));
    assert_eq!(paid.currency(), Some(Currency::UsdtTrc20));
    assert_eq!(paid.is_test(), Some(false));
    // Only the list says when.
    assert_eq!(paid.dated(), paid.info().created);
    assert_eq!(server.count(), 1);
    Ok(())
}

#[tokio::test]
async fn asks_for_a_hundred_at_a_time() -> TestResult {
    let server = Mimic::start().await?;
    let all: Vec<String> = (0..250).map(|n| format!("A{n:03}")).collect();
    for name in &all {
        server.add(invoice(name, "paid"));
    }
    let mut asked = ids(&all);
    asked.push(id("A000"));
    let invoices = api(&server).invoices(&asked).await?;
    assert_eq!(names(&invoices), all);
    let sizes: Vec<_> = server
        .requests()
        .iter()
        .map(|r| r.body["uuids"].as_array().map(Vec::len))
        .collect();
    assert_eq!(sizes, [Some(100), Some(100), Some(50)]);
    assert_eq!(api(&server).invoices(&[]).await?.len(), 0);
    assert_eq!(server.count(), 3);
    Ok(())
}

#[tokio::test]
async fn an_unknown_id_costs_no_other() -> TestResult {
    let server = Mimic::start().await?;
    server.on_request(|request, invoices| {
        let is_known = |id: &Value| invoices.iter().any(|known| *id == known.id());
        let ids = request.body["uuids"].as_array();
        if !ids.is_some_and(|ids| ids.iter().all(is_known)) {
            // The whole batch is refused.
            request.body = Value::Null;
        }
    });
    let mut asked: Vec<String> = (0..100).map(|n| format!("A{n:03}")).collect();
    for name in &asked {
        server.add(invoice(name, "paid"));
    }
    let known = asked.clone();
    asked[17] = "MISSING".to_owned();
    let invoices = api(&server).invoices(&ids(&asked)).await?;
    let expected: Vec<_> = known.iter().filter(|name| *name != "A017").collect();
    assert_eq!(names(&invoices), expected);
    assert!(server.count() < 20, "{} requests", server.count());
    Ok(())
}

#[tokio::test]
async fn what_a_response_may_hold() -> TestResult {
    #[track_caller]
    fn elements(invoices: &[Invoice], expected: &[&str], name: &str) {
        let found: Vec<_> = invoices.iter().map(Invoice::json).collect();
        assert_eq!(found, expected, "{name}");
    }
    const A: &str = r#"{"uuid":"INV-A","status":"paid","received":0.100000000000000005551}"#;
    const B: &str = r#"{"uuid":"B","status":"created"}"#;
    let server = Mimic::start().await?;
    let api = api(&server);
    let cases: [(&str, &[&str], &[&str]); 9] = [
        ("as asked", &[B, A], &[A, B]),
        (
            "another invoice",
            &[A, r#"{"uuid":"INV-X","status":"paid"}"#],
            &[A],
        ),
        ("missing", &[A], &[A]),
        ("empty", &[], &[]),
        ("twice the same", &[A, A, B], &[A, B]),
        (
            "twice, and different",
            &[A, r#"{"uuid":"A","status":"created"}"#, B],
            &[B],
        ),
        ("three times", &[A, r#"{"uuid":"A"}"#, A], &[]),
        (
            "odd elements",
            &["null", "1", "[]", "{}", r#"{"uuid":7}"#, A],
            &[A],
        ),
        (
            "odd fields",
            &[r#"{"uuid":"A","status":7,"received":"x"}"#],
            &[r#"{"uuid":"A","status":7,"received":"x"}"#],
        ),
    ];
    for (name, response, expected) in cases {
        server.fail([Fault::respond(200, page(response))]);
        elements(&api.invoices(&ids(["A", "B"])).await?, expected, name);
    }
    server.fail([Fault::respond(200, page(&[A]))]);
    let exact = api.invoices(&ids(["A"])).await?;
    let received = exact.first().and_then(Invoice::received);
    assert_eq!(received, Some("0.100000000000000005551".parse()?));
    Ok(())
}
