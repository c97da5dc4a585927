//! The buttons, and what the page shows of the deliveries.

use browser::TestResult;

use super::{DELIVERY, ORDER, Shop};

#[tokio::test]
async fn an_order_is_paid_once_and_attacks_are_refused() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("ORDER_93223").await?;
    browser.until_text(ORDER, "Open").await?;
    browser.until_text(ORDER, "0.000113 BNB").await?;

    // Attacks before the genuine payment.
    shop.press("forged_token").await?;
    let text = "Token's signature does not match the secret.";
    shop.delivered(&[
        "Refused",
        "Response 401",
        r#"{"error":"Invalid token"}"#,
        text,
    ])
    .await?;
    browser.until_text(ORDER, text).await?;
    shop.press("forged_amount").await?;
    let text = "Postback does not match the order: amount too low.";
    shop.delivered(&["Held for review", "Response 200", "0.00000113 BNB", text])
        .await?;
    browser.until_text(ORDER, "Open").await?;
    browser.until_text("#held", text).await?;

    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    let text = r#"{"message":"Postback received"}"#;
    shop.delivered(&[
        "Paid",
        "ORDER_93223",
        "Response 200",
        text,
        "11 of 11 checks passed",
    ])
    .await?;
    browser.click(&format!("{ORDER} summary")).await?;
    for check in [
        "All 11 checks passed",
        "token is signed with the secret",
        "token was issued for this invoice",
        "payment is processed for the first time",
        "invoice, order, amount and currency match an open order",
    ] {
        browser.until_text(ORDER, check).await?;
    }

    shop.press("duplicate").await?;
    shop.delivered(&["Known already", "Response 200", "with the same token"])
        .await?;
    // The open details stay open when the order is rendered again.
    browser
        .until_text(ORDER, "token is signed with the secret")
        .await?;
    browser.click("#format [value=form]").await?;
    shop.press("resend").await?;
    shop.delivered(&["Known already", "Response 200", "with a new token"])
        .await?;
    browser.click(&format!("{DELIVERY} summary")).await?;
    shop.delivered(&["a form", "9 of 11 checks passed"]).await?;

    // The same forgery is still held, and cannot be accepted beside the payment.
    shop.press("forged_amount").await?;
    shop.delivered(&["Held for review"]).await?;
    shop.press("forged_token").await?;
    shop.delivered(&["Refused", "Response 401"]).await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.until_text("#deliveries-count", "7").await?;
    browser.check().await
}

/// A forgery that comes after the payment differs from it, and waits for a decision.
#[tokio::test]
async fn a_forgery_after_the_payment_is_a_conflict() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    shop.press("forged_amount").await?;
    let text = "Invoice was reported with other fields before.";
    shop.delivered(&["Conflict", "Response 409", text]).await?;
    browser.until_text("#held", text).await?;
    browser.check().await?;
    // It cannot be credited beside the payment.
    browser.click("#held [data-kind=accept]").await?;
    browser
        .until_text("#problem", "Not accepted: another report")
        .await?;
    let console = browser.console().await?;
    assert!(
        console.iter().all(|line| line.contains("409")),
        "{console:?}"
    );
    ready_to_decide(&shop).await?;
    browser.click("#held [data-kind=dismiss]").await?;
    browser
        .until("return !document.querySelector('#held-section').checkVisibility()")
        .await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}

/// The operator decides on the page about what is held.
#[tokio::test]
async fn what_is_held_is_accepted_or_dismissed() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    for id in ["A-1", "A-2"] {
        shop.order(id).await?;
        shop.press("forged_amount").await?;
        browser.until_text("#held", id).await?;
    }
    // The newest first
    browser
        .click("#held > :first-child [data-kind=dismiss]")
        .await?;
    browser
        .until("return document.querySelectorAll('#held > li').length === 1")
        .await?;
    browser.until_text(ORDER, "Open").await?;
    let amount = "return document.querySelector('#held [name=amount]').value === '0.000113'";
    browser.until(amount).await?;
    browser.click("#held [data-kind=accept]").await?;
    browser
        .until_text("#orders > :nth-child(2)", "Paid")
        .await?;
    browser
        .until("return !document.querySelector('#held-section').checkVisibility()")
        .await?;
    browser.until_text(ORDER, "Open").await?;
    browser.check().await
}

/// Waits until the buttons of what is held work again.
async fn ready_to_decide(shop: &Shop) -> TestResult {
    let ready = "return !document.querySelector('#held [data-busy]')";
    shop.browser.until(ready).await
}

/// A second window, and a payment that no button of the page sent.
#[tokio::test]
async fn every_open_page_updates_by_itself() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    let client = browser.client();
    let first = client.window().await?;
    let second = client.new_window(false).await?.handle;
    client.switch_to_window(second.clone()).await?;
    browser.open(&shop.url()).await?;
    browser.until_text(ORDER, "Open").await?;
    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    client.switch_to_window(first).await?;
    browser.until_text(ORDER, "Paid").await?;

    shop.order("A-2").await?;
    browser.run(PAY_NEWEST).await?;
    browser.until_text(ORDER, "Paid").await?;
    client.switch_to_window(second).await?;
    browser.until_text(ORDER, "A-2").await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}

/// Only the first click of a double click counts.
#[tokio::test]
async fn a_double_click_is_one_press() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    browser.double_click("#new button").await?;
    browser.until_text("#orders-count", "1").await?;
    let ready = "return !document.querySelector('[aria-disabled]')";
    browser.until(ready).await?;
    browser
        .double_click(&format!("{ORDER} [data-kind=payment]"))
        .await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.until(ready).await?;
    assert_eq!(browser.text("#orders-count").await?, "1");
    assert_eq!(browser.text("#deliveries-count").await?, "1");
    browser.check().await
}

/// The page shows ten deliveries, and a button shows the others.
#[tokio::test]
async fn a_button_shows_the_rest_of_a_long_log() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    for _ in 0..12 {
        browser.run(PAY_NEWEST).await?;
    }
    browser.until_text("#deliveries-count", "12").await?;
    browser
        .until_text("#deliveries + .more", "Show 2 more")
        .await?;
    browser.click("#deliveries + .more").await?;
    let rest = "return document.querySelectorAll('#deliveries > li').length === 12 \
                && !document.querySelector('.more') \
                && document.activeElement.matches('#deliveries > :nth-child(11) summary')";
    browser.until(rest).await?;
    // Exactly one of them paid the order.
    browser.until_text(ORDER, "Paid").await?;
    let paid = "return [...document.querySelectorAll('#deliveries > li')] \
                .filter((item) => item.innerText.includes('11 of 11 checks passed')).length === 1";
    browser.until(paid).await?;
    browser.check().await
}

#[tokio::test]
async fn the_form_shows_what_is_wrong_with_an_order() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    browser.fill("#amount", "12,5").await?;
    browser.click("#new button").await?;
    let text = "Amount is not a decimal number.";
    browser.until_text("#new-problem", text).await?;
    // The typed amount stays, to be corrected.
    browser
        .until("return document.querySelector('#amount').value === '12,5'")
        .await?;
    let console = browser.console().await?;
    assert!(
        console.len() == 1 && console[0].contains("422"),
        "{console:?}"
    );
    browser
        .until("return !document.querySelector('[aria-disabled]')")
        .await?;
    browser.fill("#amount", "12.5").await?;
    shop.order("A").await?;
    assert_eq!(browser.text("#new-problem").await?, "");
    browser.check().await
}

/// Pays the newest order without a button of the page.
const PAY_NEWEST: &str = "
    fetch('/orders').then((response) => response.json()).then(([order]) => {
        const { id, invoice_id, amount, currency } = order;
        const body = { kind: 'payment', format: 'json', order_id: id, invoice_id, amount, currency };
        const headers = { 'Content-Type': 'application/json' };
        return fetch('/simulate', { method: 'POST', headers, body: JSON.stringify(body) });
    })";
