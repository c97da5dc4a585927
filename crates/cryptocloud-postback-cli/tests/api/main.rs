//! `ccpostback api` as a process, over real HTTP.
#![forbid(unsafe_code)]

mod calls;
mod faults;
mod mimic;
mod pay;
mod process;

use serde_json::{Value, json};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What a shop sends to create an invoice.
fn order(amount: &str) -> Value {
    json!({ "shop_id": "SHOP", "amount": amount, "order_id": "ORDER_93223" })
}

const KEY: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8";
const SECRET: &str = "not-a-real-key-only-for-these-tests";
