//! Screenshots for a developer to look at, with `check` for each.

use browser::TestResult;

use super::Shop;

#[tokio::test]
async fn every_size_and_color_scheme_passes_check() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    look(&shop, "empty").await?;
    for id in [
        "ORDER_93223",
        &"x".repeat(128),
        "<b>bold</b> \u{202e}txt",
        "A-1",
    ] {
        shop.order(id).await?;
    }
    shop.press("payment").await?;
    shop.press("duplicate").await?;
    shop.press("resend").await?;
    shop.order("A-2").await?;
    shop.press("forged_token").await?;
    shop.order("A-3").await?;
    shop.press("forged_amount").await?;
    shop.order("A-4").await?;
    shop.press("payment").await?;
    shop.press("forged_amount").await?;
    shop.order("A-5").await?;
    shop.press("payment").await?;
    shop.browser.click("#orders summary").await?;
    shop.browser
        .click("#deliveries > :nth-child(2) summary")
        .await?;
    look(&shop, "full").await
}

async fn look(shop: &Shop, name: &str) -> TestResult {
    for scheme in ["light", "dark"] {
        shop.browser.prefer(scheme).await?;
        shop.browser.desktop().await?;
        shop.browser
            .screenshot(&format!("shop-{name}-{scheme}"))
            .await?;
        shop.browser.check().await?;
        shop.browser.phone().await?;
        shop.browser
            .screenshot(&format!("shop-{name}-{scheme}-phone"))
            .await?;
        shop.browser.check().await?;
    }
    Ok(())
}
