//! Screenshots for a developer to look at, with `check` for each.

use browser::TestResult;

use super::Shop;

#[tokio::test]
async fn every_size_and_color_scheme_passes_check() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    look(&shop, "empty").await?;
    for id in ["ORDER_93223", &"x".repeat(128), "<b>bold</b>"] {
        shop.order(id).await?;
    }
    for (id, kinds) in [
        ("ORDER-7K2M", ["payment", "copies"].as_slice()),
        ("ORDER-C3PQ", &["no_token", "forged_token"]),
        ("ORDER-RT5X", &["forged_amount"]),
        ("ORDER-ZN4E", &["payment", "forged_form"]),
        ("ORDER-W8YD", &["failing"]),
        ("ORDER-9HJA", &["other_invoice"]),
    ] {
        shop.order(id).await?;
        for kind in kinds {
            shop.press(kind).await?;
        }
    }
    shop.browser
        .click("#entries > :nth-child(2) summary")
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
