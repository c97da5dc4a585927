use browser::TestResult;

use super::{DELIVERY, ORDER, Shop, command};

#[tokio::test]
async fn an_open_page_reconnects_and_shows_everything_again() -> TestResult {
    let Some(mut shop) = Shop::start().await? else {
        return Ok(());
    };
    shop.order("A-1").await?;
    shop.press("payment").await?;
    shop.press("forged_token").await?;
    shop.order("A-2").await?;
    shop.browser.until_text("#orders-count", "2").await?;
    let before = shop.browser.text("main").await?;
    shop.browser.check().await?;

    shop.stop()?;
    shop.browser.until_text("#live", "Connecting").await?;
    // The page keeps what it shows, and says that nothing can be sent.
    assert_eq!(shop.browser.text("main").await?, before);
    shop.press("payment").await?;
    shop.browser
        .until_text("#problem", "Nothing was sent: the shop does not answer.")
        .await?;
    shop.resume(&mut command(&shop.folder))?;
    shop.browser.until_text("#live", "Live").await?;
    assert_eq!(shop.browser.text("main").await?, before);

    // The page still works, although it was opened before the restart.
    shop.press("payment").await?;
    shop.browser.until_text(ORDER, "Paid").await?;
    shop.delivered(&["Paid", "A-2"]).await?;
    assert_eq!(shop.browser.text("#problem").await?, "");
    shop.browser.until_text("#deliveries-count", "3").await?;
    // The console has the requests that failed while the shop was stopped.
    let faults = shop.browser.console().await?;
    assert!(
        faults.iter().all(|fault| fault.contains("net::ERR_")),
        "{faults:?}"
    );
    shop.browser.open(&shop.url()).await?;
    shop.browser.until_text(DELIVERY, "Paid").await?;
    shop.browser.check().await
}

/// With a real secret the simulator is off, and earlier orders are still shown.
#[tokio::test]
async fn a_real_secret_removes_the_simulator() -> TestResult {
    let Some(mut shop) = Shop::start().await? else {
        return Ok(());
    };
    shop.order("A-1").await?;
    shop.press("payment").await?;
    shop.order("A-2").await?;
    shop.stop()?;
    let secret = "not-a-real-key-only-for-these-tests";
    shop.resume(command(&shop.folder).env("CRYPTOCLOUD_SECRET_KEY", secret))?;
    // Also on a page that was opened before.
    shop.browser
        .until_text("#mode", "the simulator is off")
        .await?;
    let faults = shop.browser.console().await?;
    assert!(
        faults.iter().all(|fault| fault.contains("net::ERR_")),
        "{faults:?}"
    );
    shop.browser.until_text("#orders", "Paid").await?;
    shop.browser.until_text("#orders", "Open").await?;
    let script = "return !document.querySelector('[data-kind]') \
                  && !document.querySelector('#format').checkVisibility()";
    shop.browser.until(script).await?;
    shop.order("A-3").await?;
    shop.browser.screenshot("shop-real").await?;
    shop.browser.check().await
}
