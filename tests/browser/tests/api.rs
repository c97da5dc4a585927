//! The payment page of `ccpostback api`.

use browser::{Browser, Program, TestResult, program};
use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::Value;

#[tokio::test]
async fn the_page_of_an_invoice_pays_it() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let mut command = program("cryptocloud-postback-cli", "ccpostback");
    let api = Program::start(command.args(["api", "--addr", "127.0.0.1:0"]))?;
    let created = Client::new()
        .post(format!("{}/v2/invoice/create", api.url()))
        .header(AUTHORIZATION, "Token eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")
        .header(CONTENT_TYPE, "application/json")
        .body(r#"{"shop_id":"shop","amount":25,"order_id":"<b>1</b>"}"#);
    let created = created.send().await?.error_for_status()?.bytes().await?;
    let created: Value = serde_json::from_slice(&created)?;
    let link = created["result"]["link"].as_str().ok_or("no link")?;
    browser.open(link).await?;
    browser.until_text("pre", "<b>1</b>").await?;
    browser.click("button").await?;
    let paid = "The invoice is paid. No postback was sent.";
    browser.until_text("[role=status]", paid).await?;
    browser.check().await?;
    browser.prefer("dark").await?;
    browser.phone().await?;
    browser.screenshot("api-phone").await?;
    browser.check().await
}
