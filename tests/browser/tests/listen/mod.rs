//! The page of `ccpostback listen`.

mod arrive;
mod forward;
mod keyboard;
mod list;

use std::process::Command;

use browser::{Browser, Program, TestResult, program};
use cryptocloud_postback::testing::PostbackBuilder;
use reqwest::{Client, StatusCode, header::CONTENT_TYPE};

/// Waits for the tab with this name, and clicks it.
async fn tab(browser: &Browser, name: &str) -> TestResult {
    let click = format!(
        "const tab = [...document.querySelectorAll('[role=tab]')]
            .find((tab) => tab.textContent === '{name}');
        tab?.click();
        return tab?.getAttribute('aria-selected') === 'true'"
    );
    browser.until(&click).await
}

/// Light and dark, on a desktop and on a phone.
async fn look(browser: &Browser, name: &str) -> TestResult {
    browser.check().await?;
    browser.screenshot(name).await?;
    browser.prefer("dark").await?;
    browser.check().await?;
    browser.phone().await?;
    browser.check().await?;
    browser.screenshot(&format!("{name}-phone")).await?;
    browser.desktop().await?;
    browser.prefer("light").await
}

fn listen(arguments: &[&str]) -> Command {
    let mut command = program("cryptocloud-postback-cli", "ccpostback");
    command.arg("listen").args(arguments);
    if !arguments.contains(&"--addr") {
        command.args(["--addr", "127.0.0.1:0"]);
    }
    command.env("CRYPTOCLOUD_SECRET_KEY", SECRET);
    command
}

fn page(listen: &Program) -> &str {
    let url = listen.url();
    url.rsplit_once('/').map_or(url, |(origin, _)| origin)
}

fn genuine(invoice_id: &str) -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .invoice_id(invoice_id)
        .order_id("ORDER_93223")
}

async fn post(listen: &Program, postback: PostbackBuilder) -> TestResult<StatusCode> {
    let request = Client::new()
        .post(listen.url())
        .header(CONTENT_TYPE, "application/json")
        .body(postback.json().body());
    Ok(request.send().await?.status())
}

const SECRET: &str = "not-a-real-key-only-for-this-test";
