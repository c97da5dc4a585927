//! The vendor's API is down, or the shop itself.

use browser::TestResult;

use super::{ENTRY, ORDER, Shop, command};

#[tokio::test]
async fn while_the_api_is_down_payments_are_stored_and_paid_later() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    browser.until_text("#api", "Up").await?;
    shop.outage().await?;
    browser.until_text("#api", "Down").await?;
    shop.press("payment").await?;
    shop.told(&[
        "Waits for the vendor: 503, stored",
        "Vendor could not be asked",
        "Tried again at",
    ])
    .await?;
    browser.until_text(ORDER, "Open").await?;
    browser.check().await?;

    // An order is stored too, and gets its invoice later.
    shop.order("A-2").await?;
    browser
        .until_text(
            "#problem",
            "Order A-2 is not ready: API failed (status 503).",
        )
        .await?;
    browser.until_text(ORDER, "Without invoice").await?;
    let console = browser.console().await?;
    assert!(
        console.len() == 1 && console[0].contains("502"),
        "{console:?}"
    );

    shop.outage().await?;
    browser.until_text("#api", "Up").await?;
    browser
        .until_text("#orders > :nth-child(2)", "Paid")
        .await?;
    shop.told(&["Paid: order paid", "the worker of the shop"])
        .await?;
    shop.press("create").await?;
    browser.until_text(ORDER, "Simulate payment").await?;
    browser
        .until("return !document.querySelector('#problem').checkVisibility()")
        .await?;
    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}

#[tokio::test]
async fn an_open_page_reconnects_and_shows_the_shop_again() -> TestResult {
    let Some(mut shop) = Shop::start().await? else {
        return Ok(());
    };
    shop.order("A-1").await?;
    shop.press("payment").await?;
    shop.order("A-2").await?;
    shop.press("forged_amount").await?;
    shop.browser.until_text("#held", "A-2").await?;
    let before = shop.browser.text("main").await?;
    let held = shop.browser.text("#held").await?;
    shop.browser.check().await?;

    shop.stop()?;
    shop.browser.until_text("#live", "Disconnected").await?;
    // The page keeps what it shows, and says that nothing can be sent.
    assert_eq!(shop.browser.text("main").await?, before);
    shop.press("payment").await?;
    let text = "Nothing was sent: the server does not respond.";
    shop.browser.until_text("#problem", text).await?;
    shop.resume(&mut command(&shop.folder))?;
    shop.browser.until_text("#live", "Live").await?;
    // That is no longer true.
    let hidden = "return !document.querySelector('#problem').checkVisibility()";
    shop.browser.until(hidden).await?;
    shop.browser.until_text("#orders-count", "2").await?;
    shop.browser
        .until_text("#orders > :nth-child(2)", "Paid")
        .await?;
    assert_eq!(shop.browser.text("#held").await?, held);

    // The page still works, although it was opened before the restart.
    shop.press("payment").await?;
    shop.browser.until_text(ORDER, "Paid").await?;
    // The console has the requests that failed while the shop was stopped.
    let faults = shop.browser.console().await?;
    assert!(
        faults.iter().all(|fault| fault.contains("net::ERR_")),
        "{faults:?}"
    );
    shop.browser.open(&shop.url()).await?;
    shop.browser.until_text(ENTRY, "A-2").await?;
    shop.browser.check().await
}
