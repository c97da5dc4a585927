//! What an operator decides.

use browser::TestResult;

use super::{ENTRY, ORDER, Shop};

#[tokio::test]
async fn what_is_held_says_why_and_is_accepted_or_dismissed() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    for id in ["A-1", "A-2"] {
        shop.order(id).await?;
        shop.press("forged_amount").await?;
        shop.told(&[
            "Held for review: 200, order unchanged",
            "Invoice is paid in part.",
            "By\n“Forge amount”",
            "The vendor's sample would have accepted this: it compares no amount.",
        ])
        .await?;
        browser.until_text("#held", id).await?;
    }
    browser
        .until_text("#held", "Invoice is paid in part.")
        .await?;
    browser
        .until_text("#held-section", "The response is 200, because")
        .await?;
    browser.check().await?;
    // The newest first
    browser
        .click("#held > :first-child [data-kind=dismiss]")
        .await?;
    browser
        .until("return document.querySelectorAll('#held > li').length === 1")
        .await?;
    shop.told(&["Dismissed: order unchanged", "a decision"])
        .await?;
    browser.until_text(ORDER, "Open").await?;
    // The amount is the operator's to name.
    let amount = "return document.querySelector('#held [name=amount]').value === ''";
    browser.until(amount).await?;
    browser.fill("#held [name=amount]", "25").await?;
    browser.click("#held [data-kind=accept]").await?;
    browser
        .until_text("#orders > :nth-child(2)", "Paid")
        .await?;
    shop.told(&["Paid: order paid", "An operator accepted the payment."])
        .await?;
    browser
        .until("return !document.querySelector('#held-section').checkVisibility()")
        .await?;
    browser.until_text(ORDER, "Open").await?;
    browser.check().await
}

/// What the operator names wrongly stays, to be corrected.
#[tokio::test]
async fn an_accept_that_is_refused_says_why() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    shop.press("forged_amount").await?;
    browser.until_text("#held", "A-1").await?;
    browser.fill("#held [name=amount]", "25").await?;
    browser.fill("#held [name=order]", "A-9").await?;
    browser.click("#held [data-kind=accept]").await?;
    browser
        .until_text("#held div:has([name=order]) .bad", "No order has this id.")
        .await?;
    browser
        .until(
            "const field = document.querySelector('#held [name=order]'); \
             return document.activeElement === field && field.ariaInvalid === 'true'",
        )
        .await?;
    let console = browser.console().await?;
    assert!(
        console.len() == 1 && console[0].contains("409"),
        "{console:?}"
    );
    browser
        .until("return !document.querySelector('#held [data-busy]')")
        .await?;
    browser.fill("#held [name=order]", "A-1").await?;
    browser.click("#held [data-kind=accept]").await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}

/// A forgery that comes after the payment differs from it. The vendor is asked, and confirms the payment.
#[tokio::test]
async fn a_forgery_after_the_payment_is_stopped() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    shop.press("forged_amount").await?;
    let title = "Forged amount stopped: 409, order unchanged";
    browser.until_text("#entries", title).await?;
    browser
        .until_text("#entries", "Invoice was reported with other fields before.")
        .await?;
    browser
        .until_text(ENTRY, "Dismissed: order unchanged")
        .await?;
    browser
        .until("return !document.querySelector('#held-section').checkVisibility()")
        .await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}
