use browser::TestResult;

use super::{ENTRY, ORDER, Shop, command};

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
    shop.browser.until_text("#live", "Connecting").await?;
    // The page keeps what it shows, and says that nothing can be sent.
    assert_eq!(shop.browser.text("main").await?, before);
    shop.press("payment").await?;
    shop.browser
        .until_text("#problem", "Nothing was sent: the shop does not respond.")
        .await?;
    shop.resume(&mut command(&shop.folder))?;
    shop.browser.until_text("#live", "Live").await?;
    shop.browser.until_text("#orders-count", "2").await?;
    shop.browser
        .until_text("#orders > :nth-child(2)", "Paid")
        .await?;
    assert_eq!(shop.browser.text("#held").await?, held);

    // The page still works, although it was opened before the restart.
    shop.press("payment").await?;
    shop.browser.until_text(ORDER, "Paid").await?;
    shop.told(&["Paid", "A-2"]).await?;
    assert_eq!(shop.browser.text("#problem").await?, "");
    // The console has the requests that failed while the shop was stopped.
    let faults = shop.browser.console().await?;
    assert!(
        faults.iter().all(|fault| fault.contains("net::ERR_")),
        "{faults:?}"
    );
    shop.browser.open(&shop.url()).await?;
    shop.browser.until_text(ENTRY, "Paid").await?;
    shop.browser.check().await
}
