use serde_json::{Value, json};

/// An invoice of 25 US dollars in USDT, as the vendor lists it: created and, unless it is `created`,
/// finished on 2026-01-01.
#[must_use]
pub fn invoice(id: &str, status: &str) -> Value {
    let (received, finished) = match status {
        "created" | "canceled" => (0.0, Value::Null),
        "partial" => (9.8, "2026-01-01 10:23:14.000940".into()),
        "overpaid" => (29.4, "2026-01-01 10:23:14.000940".into()),
        _ => (24.5, "2026-01-01 10:23:14.000940".into()),
    };
    json!({
        "uuid": format!("INV-{id}"),
        "created": "2026-01-01 10:20:04.222439",
        "address": "",
        "expiry_date": "2026-01-02 10:20:04.197389",
        "date_finished": finished,
        "side_commission": "client",
        "side_commission_cc": "merchant",
        "amount": 25.0,
        "amount_usd": 25.0,
        "amount_in_fiat": 25.0,
        "received": received,
        "received_usd": received,
        "fee": 0.5,
        "fee_usd": 0.5,
        "service_fee": 0.5,
        "service_fee_usd": 0.5,
        "type_payments": "crypto",
        "fiat_currency": "USD",
        "status": status,
        "is_email_required": false,
        "link": format!("https://pay.example.com/{id}"),
        "invoice_id": null,
        "order_id": null,
        "currency": {
            "id": 4,
            "code": "USDT",
            "fullcode": "USDT_TRC20",
            "network": {"code": "TRC20", "id": 4, "icon": "", "fullname": "Tron"},
            "name": "Tether",
            "stablecoin": true,
        },
        "project": {"id": 1, "name": "Shop", "fail": "", "success": "", "logo": ""},
        "test_mode": false,
    })
}

/// The body of a response whose `result` is a list of this JSON.
#[must_use]
pub fn page(elements: &[&str]) -> String {
    format!(
        r#"{{"status":"success","result":[{}]}}"#,
        elements.join(",")
    )
}
