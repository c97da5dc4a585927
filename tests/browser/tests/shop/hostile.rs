use browser::TestResult;

use super::{DELIVERY, ORDER, Shop};

#[tokio::test]
async fn order_ids_are_text_and_run_nothing() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    browser.phone().await?;
    for id in [
        r#"<img src=x onerror="document.title='pwned'">"#,
        "</script><script>document.title='pwned'</script>",
        "</bdi></h3><svg onload=document.title='pwned'>",
        "javascript:document.title='pwned'",
        r#""onfocus="document.title='pwned'" autofocus x=""#,
        "{{constructor.constructor('document.title=1')()}}",
        "__proto__",
        "constructor",
        &"W".repeat(128),
        "\u{202e}drowssap \u{1f4b8}",
    ] {
        let script = "const field = document.querySelector('#id'); field.value = arguments[0]";
        // Not typed, since the driver types nothing outside of the basic plane.
        browser.client().execute(script, vec![id.into()]).await?;
        browser.click("#new button").await?;
        browser.until_text(ORDER, id).await?;
        let ready = "return !document.querySelector('[aria-disabled]')";
        browser.until(ready).await?;
        shop.press("payment").await?;
        browser.until_text(ORDER, "Paid").await?;
        browser.until_text(DELIVERY, id).await?;
        shop.press("forged_amount").await?;
        browser.until_text("#persons", id).await?;
        let script = "return document.title === 'axum-shop' \
                      && !document.querySelector('main img, main svg, main script, [onfocus]')";
        browser.until(script).await?;
        browser.check().await?;
    }
    browser.screenshot("shop-hostile-phone").await?;
    // Neither does a page that is opened with all of them.
    browser.open(&shop.url()).await?;
    browser.until_text("#orders-count", "10").await?;
    browser
        .until("return document.title === 'axum-shop'")
        .await?;
    browser.check().await?;
    browser.desktop().await?;
    browser.check().await
}

/// Should anything get into the page some day, its policy stops it, and the tests see it.
#[tokio::test]
async fn the_policy_stops_what_gets_in() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    let script = r#"document.body.insertAdjacentHTML('beforeend',
        '<img src=x onerror="document.title=\'pwned\'">')"#;
    browser.run(script).await?;
    browser
        .until("return !document.images[0].complete || document.images[0].naturalWidth === 0")
        .await?;
    let error = browser.check().await.err().ok_or("no fault")?.to_string();
    assert!(error.contains("Content Security Policy"), "{error}");
    assert_eq!(browser.client().title().await?, "axum-shop");
    Ok(())
}
