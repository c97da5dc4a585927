//! A new order that is refused.

use browser::TestResult;

use super::{ORDER, Shop};

#[tokio::test]
async fn what_is_wrong_is_shown_at_its_field() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A").await?;
    for (amount, id, field, text, status) in [
        (
            "12,5",
            "B",
            "amount",
            "Amount is not a decimal number.",
            "422",
        ),
        ("0", "B", "amount", "Amount is zero", "422"),
        ("12.5", "A", "id", "Another order has this id", "409"),
    ] {
        browser.fill("#amount", amount).await?;
        browser.fill("#id", id).await?;
        browser.click("#new button").await?;
        browser
            .until_text(&format!("#{field}-problem"), text)
            .await?;
        // The field has the focus and its problem as a description, and what was typed stays.
        let script = format!(
            "const field = document.activeElement; \
             return field.id === '{field}' && field.getAttribute('aria-invalid') === 'true' \
                 && field.getAttribute('aria-describedby') === '{field}-problem' \
                 && document.querySelectorAll('[aria-invalid=true]').length === 1 \
                 && document.querySelector('#amount').value === '{amount}'"
        );
        browser.until(&script).await?;
        let console = browser.console().await?;
        assert!(
            console.len() == 1 && console[0].contains(status),
            "{console:?}"
        );
        browser
            .until("return !document.querySelector('[aria-disabled]')")
            .await?;
    }
    browser.fill("#id", "B").await?;
    browser.click("#new button").await?;
    browser.until_text(ORDER, "B").await?;
    browser
        .until("return !document.querySelector('[aria-invalid=true]')")
        .await?;
    assert_eq!(browser.text("#id-problem").await?, "");
    browser.check().await
}
