use browser::TestResult;

use super::{DELIVERY, ORDER, Shop, command};

#[tokio::test]
async fn the_open_page_comes_back_with_all_of_it() -> TestResult {
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
    // What is known stays, and what cannot be sent is said.
    assert_eq!(shop.browser.text("main").await?, before);
    shop.press("payment").await?;
    shop.browser
        .until_text("#problem", "Nothing was sent: the shop does not answer.")
        .await?;
    shop.resume(&mut command(&shop.folder))?;
    shop.browser.until_text("#live", "Live").await?;
    assert_eq!(shop.browser.text("main").await?, before);

    // The page works on, as it was opened before the restart.
    shop.press("payment").await?;
    shop.browser.until_text(ORDER, "Paid").await?;
    shop.delivered(&["Paid", "A-2"]).await?;
    assert_eq!(shop.browser.text("#problem").await?, "");
    shop.browser.until_text("#deliveries-count", "3").await?;
    // The requests that found no server are in the console.
    let faults = shop.browser.console().await?;
    assert!(
        faults.iter().all(|fault| fault.contains("net::ERR_")),
        "{faults:?}"
    );
    shop.browser.open(&shop.url()).await?;
    shop.browser.until_text(DELIVERY, "Paid").await?;
    shop.browser.check().await
}

/// With a real secret nothing can be simulated, and what was stays to be seen.
#[tokio::test]
async fn a_real_secret_takes_the_buttons_away() -> TestResult {
    let Some(mut shop) = Shop::start().await? else {
        return Ok(());
    };
    shop.order("A-1").await?;
    shop.press("payment").await?;
    shop.order("A-2").await?;
    shop.stop()?;
    let secret = "not-a-real-key-only-for-these-tests";
    shop.resume(command(&shop.folder).env("CRYPTOCLOUD_SECRET_KEY", secret))?;
    // Also on the page that was opened while they were there.
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
