use browser::TestResult;

use super::{ORDER, Shop};

/// From the top of the page to a paid order by keyboard, without losing the focus.
#[tokio::test]
async fn an_order_is_paid_by_keyboard_alone() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    // Amount, order id
    browser.keys(&[TAB, TAB]).await?;
    browser.keys(&["K", "-", "1", ENTER]).await?;
    browser.until_text(ORDER, "K-1").await?;
    browser.until_text("#news", "Order K-1 is created.").await?;
    browser
        .until("return !document.querySelector('[aria-disabled]')")
        .await?;
    browser
        .until("return document.activeElement.id === 'id'")
        .await?;
    // The button of the form, the outage, the payment page, and the first button of the order
    browser.keys(&[TAB, TAB, TAB, TAB]).await?;
    let focused = "return document.activeElement.textContent";
    assert_eq!(
        browser.run(focused).await?,
        "Simulate payment for order K-1"
    );
    let ring = "return getComputedStyle(document.activeElement).outlineStyle === 'solid'";
    browser.until(ring).await?;
    browser.keys(&[ENTER]).await?;
    browser.until_text(ORDER, "Paid").await?;
    browser
        .until_text("#news", "Paid: 200, order paid. Order K-1.")
        .await?;
    browser
        .until("return !document.querySelector('[aria-disabled]')")
        .await?;
    // The button is gone, so the focus moved to the heading of its order.
    let place = "return document.activeElement.matches('#orders h3')";
    browser.until(place).await?;
    // The payment page, and the first button that is left
    browser.keys(&[TAB, TAB, ENTER]).await?;
    browser
        .until_text("#news", "Known already: 200, handled once. Order K-1.")
        .await?;
    browser
        .until("return !document.querySelector('[aria-disabled]')")
        .await?;
    // This button stays, and keeps the focus.
    browser
        .until("return document.activeElement.dataset.kind === 'copies'")
        .await?;
    browser.check().await
}

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
