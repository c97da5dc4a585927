//! The list: what is new, search, filter, copy and export.

use browser::{Browser, Program, TestResult};
use fantoccini::Locator;
use serde_json::{Value, json};

use super::{genuine, listen, look, page, post, tab};

#[tokio::test]
async fn an_arrival_never_replaces_what_is_being_read() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    post(&listen, genuine("READING1")).await?;
    browser.until_text("#detail h2", "#1").await?;
    tab(&browser, "Payload").await?;
    browser
        .click("[role=tabpanel]:not([hidden]) summary")
        .await?;
    // The same nodes stay, with what is open and where the focus is.
    browser
        .run("document.querySelector('#detail').firstChild.isRead = true")
        .await?;
    for invoice in ["ARRIVED2", "ARRIVED3"] {
        post(&listen, genuine(invoice)).await?;
    }
    browser.until_text("#unread", "2 new").await?;
    browser.until_text("#count", "3").await?;
    let same = "return document.querySelector('#detail').firstChild.isRead
        && document.activeElement.matches('[role=tabpanel]:not([hidden]) summary')
        && document.activeElement.parentNode.open";
    assert_eq!(browser.run(same).await?, true);

    // Even the newest one is only announced, until the user asks for it.
    browser.click("#unread").await?;
    browser.until_text("#detail h2", "#3").await?;
    browser.until_text("#detail", "Claims of the token").await?;
    let selected = "return document.activeElement.getAttribute('aria-current') === 'true'";
    browser.until(selected).await?;
    let hidden = browser.run("return document.querySelector('#unread').hidden");
    assert_eq!(hidden.await?, true);
    Ok(())
}

#[tokio::test]
async fn search_and_filter() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    let genuine = |invoice, order| genuine(invoice).order_id(order);
    post(&listen, genuine("GENUINE1", "A-1")).await?;
    let five = genuine("GENUINE2", "B-2")
        .amount("5")
        .currency("USDT_TRC20");
    post(&listen, five).await?;
    let forged = genuine("FORGED01", "A-1").secret("not-a-real-key-of-another-project");
    post(&listen, forged).await?;
    browser.until_text("#list", "FORGED01").await?;
    let shown = async || -> TestResult<Value> {
        let script = "return [...document.querySelectorAll('#list .id:first-child')]
            .map((id) => id.textContent).filter((id) => id.length === 8)";
        browser.run(script).await
    };
    for (search, expected) in [
        ("b-2", json!(["GENUINE2"])),
        ("5 usdt", json!(["GENUINE2"])),
        ("A-1 genuine", json!(["GENUINE1"])),
        ("#3", json!(["FORGED01"])),
        ("signature", json!(["FORGED01"])),
    ] {
        browser.fill("#search", search).await?;
        let count = format!("{} of 3", expected.as_array().map_or(0, Vec::len));
        browser.until_text("#count", &count).await?;
        assert_eq!(shown().await?, expected, "{search}");
    }
    browser.fill("#search", "a-1").await?;
    browser.until_text("#count", "2 of 3").await?;
    let filter = browser.client().find(Locator::Css("#filter")).await?;
    filter.select_by_label("Refused").await?;
    browser.until_text("#count", "1 of 3").await?;
    assert_eq!(shown().await?, json!(["FORGED01"]));
    look(&browser, "listen-filter").await?;
    browser.fill("#search", "nowhere").await?;
    browser
        .until_text("#no-match", "No postback matches")
        .await?;
    browser.check().await?;

    // What is new is never hidden by a search.
    post(&listen, genuine("GENUINE4", "C-4")).await?;
    browser.until_text("#unread", "new").await?;
    browser.until_text("#count", "0 of 4").await?;
    browser.click("#unread").await?;
    browser.until_text("#detail h2", "#4").await?;
    browser.until_text("#list", "C-4").await
}

#[tokio::test]
async fn copy_and_export() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    post(&listen, genuine("GENUINE1")).await?;
    browser.until_text("#detail h2", "#1").await?;
    browser
        .run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        .await?;
    let copied = async |css: &str| -> TestResult<String> {
        browser.run("window.copied = null").await?;
        browser.click(css).await?;
        browser.until("return window.copied").await?;
        let copied = browser.run("return window.copied").await?;
        Ok(copied.as_str().ok_or("no text")?.to_owned())
    };
    assert_eq!(copied("#copy-url button").await?, listen.url());
    browser.until_text("#copy-url", "Copied").await?;
    tab(&browser, "Body").await?;
    let body = copied("[role=tabpanel]:not([hidden]) button").await?;
    assert!(body.starts_with("{\n  \"status\": \"success\","), "{body}");
    tab(&browser, "Send again").await?;
    let panel = "[role=tabpanel]:not([hidden])";
    let curl = copied(&format!("{panel} .copyable button")).await?;
    assert!(curl.starts_with("curl -sSi --globoff http://"), "{curl}");
    let json = copied(&format!("{panel} .actions button")).await?;
    let saved: Value = serde_json::from_str(&json)?;
    assert_eq!(saved[0]["method"], "POST");
    let send = copied(&format!("{panel} .actions + .copyable button")).await?;
    assert!(send.ends_with(" --replay postback-1.json"), "{send}");

    for (text, start) in [
        ("Download JSON", "[{\"received_at\":"),
        ("Download curl", "#!/bin/sh\n# 1\ncurl"),
        ("JSON", "[{\"received_at\":"),
        ("curl", "#!/bin/sh\n# 1\ncurl"),
    ] {
        let script = "const link = [...document.querySelectorAll('a[download]')]
            .find((link) => link.textContent === arguments[0]);
            return fetch(link.href).then((response) => response.text())";
        let text = browser.client().execute(script, vec![text.into()]).await?;
        let text = text.as_str().ok_or("no text")?;
        assert!(text.starts_with(start), "{text}");
    }
    Ok(())
}
