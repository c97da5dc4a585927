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
    let text = "Token is signed with another secret.";
    shop.delivered(&[
        "Refused",
        "Answered 401",
        r#"{"error":"Invalid token"}"#,
        text,
    ])
    .await?;
    browser.until_text(ORDER, text).await?;
    shop.press("forged_amount").await?;
    let text = "Reported otherwise than expected: amount (less).";
    shop.delivered(&["Kept for a person", "Answered 200", "0.00000113 BNB", text])
        .await?;
    browser.until_text(ORDER, "Open").await?;
    browser.until_text("#persons", text).await?;

    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    let text = r#"{"message":"Postback received"}"#;
    shop.delivered(&[
        "Paid",
        "ORDER_93223",
        "Answered 200",
        text,
        "11 of 11 checks held",
    ])
    .await?;
    browser.until_text(ORDER, "0.000113 BNB, as JSON").await?;
    browser.click(&format!("{ORDER} summary")).await?;
    for check in [
        "All 11 checks passed",
        "token is signed with the secret",
        "token was issued for this invoice",
        "invoice is processed for the first time",
        "order, currency and amount are those of an open order",
    ] {
        browser.until_text(ORDER, check).await?;
    }

    shop.press("duplicate").await?;
    shop.delivered(&["Known already", "Answered 200", "the same token again"])
        .await?;
    // The open details stay open when the order is rendered again.
    browser
        .until_text(ORDER, "token is signed with the secret")
        .await?;
    browser.click("#format [value=form]").await?;
    shop.press("resend").await?;
    shop.delivered(&["Known already", "Answered 200", "a new token for it"])
        .await?;
    browser.click(&format!("{DELIVERY} summary")).await?;
    shop.delivered(&["a form", "9 of 11 checks held"]).await?;

    shop.press("forged_amount").await?;
    let text = "Invoice was reported before with other fields.";
    shop.delivered(&[
        "Conflict",
        "Answered 409",
        r#"{"error":"Conflicting postback"}"#,
        text,
    ])
    .await?;
    shop.press("forged_token").await?;
    shop.delivered(&["Refused", "Answered 401"]).await?;
    browser.until_text("#persons", "Conflict").await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.until_text("#deliveries-count", "7").await?;
    browser.check().await
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
    let send = "fetch('/simulate', {method: 'POST', headers: {'Content-Type': 'application/json'}, \
                body: JSON.stringify({order_id: 'A-2', kind: 'payment', format: 'json'})})";
    browser.run(send).await?;
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
    let send = "for (let n = 0; n < 12; n += 1) fetch('/simulate', {method: 'POST', \
                headers: {'Content-Type': 'application/json'}, \
                body: JSON.stringify({order_id: 'A-1', kind: 'payment', format: 'json'})})";
    browser.run(send).await?;
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
                .filter((item) => item.innerText.includes('11 of 11 checks held')).length === 1";
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
    let text = "Amount is not a decimal number above zero.";
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
