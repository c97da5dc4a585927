use browser::TestResult;

use super::{ENTRY, ORDER, Shop};

#[tokio::test]
async fn hostile_order_ids_are_shown_as_text() -> TestResult {
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
        let shown = id.replace('\u{202e}', "U+202E");
        let script = "const field = document.querySelector('#id'); field.value = arguments[0]";
        // Set instead of typed: the driver cannot type characters above U+FFFF.
        browser.client().execute(script, vec![id.into()]).await?;
        browser.click("#new button").await?;
        browser.until_text(ORDER, &shown).await?;
        let ready = "return !document.querySelector('[aria-disabled]')";
        browser.until(ready).await?;
        shop.press("forged_amount").await?;
        browser.until_text("#held", &shown).await?;
        shop.press("payment").await?;
        browser.until_text(ORDER, "Paid").await?;
        browser.until_text(ENTRY, &shown).await?;
        let script = "return document.title === 'Shop demo' \
                      && !document.querySelector('main img, main svg, main script, [onfocus]')";
        browser.until(script).await?;
        browser.check().await?;
    }
    browser.screenshot("shop-hostile-phone").await?;
    // The same on a page that is opened when all of them are there.
    browser.open(&shop.url()).await?;
    browser.until_text("#orders-count", "10").await?;
    browser
        .until("return document.title === 'Shop demo'")
        .await?;
    browser.check().await?;
    browser.desktop().await?;
    browser.check().await
}

/// If markup ever got into the page, the Content Security Policy would stop it and `check` would say so.
#[tokio::test]
async fn the_content_security_policy_stops_injected_markup() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    let script = r#"try {
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title=1">');
    } catch (error) {
        const image = new Image();
        image.src = 'http://evil.invalid/';
        document.body.append(image);
        return error.message;
    }"#;
    let message = browser.run(script).await?;
    let message = message.as_str().ok_or("markup got into the page")?;
    assert!(message.contains("TrustedHTML"), "{message}");
    let error = browser.check().await.err().ok_or("no fault")?.to_string();
    assert!(error.contains("Content Security Policy"), "{error}");
    assert_eq!(browser.client().title().await?, "Shop demo");
    Ok(())
}
