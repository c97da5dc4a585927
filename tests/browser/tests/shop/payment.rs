//! The buttons, and what the page says about what they did.

use browser::TestResult;

use super::{ENTRY, ORDER, Shop};

#[tokio::test]
async fn an_order_is_paid_once_and_attacks_are_stopped() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("ORDER_93223").await?;
    browser.until_text(ORDER, "Open").await?;
    browser.until_text(ORDER, "25 USD").await?;

    for (kind, title, reason, sample) in [
        (
            "forged_token",
            "Forged token stopped: 401, order unchanged",
            "Token's signature does not match the secret.",
            None,
        ),
        (
            "no_token",
            "Missing token stopped: 401, order unchanged",
            "Token is missing",
            Some("verifies only a token that is there"),
        ),
        (
            "forged_form",
            "Forged form stopped: 401, order unchanged",
            "Token's signature does not match the secret.",
            Some("verifies nothing in a form"),
        ),
        (
            "other_invoice",
            "Token of another invoice stopped: 401, order unchanged",
            "Token was not issued for this invoice",
            Some("does not look at the token's invoice"),
        ),
    ] {
        shop.press(kind).await?;
        shop.told(&[title, reason, r#"401 {"error":"Invalid token"}"#])
            .await?;
        // The card of the order and the picture say the same, and a refusal is a success.
        for place in [ORDER, "#verdict"] {
            browser.until_text(place, title).await?;
        }
        let is_good = format!("return document.querySelector('{ENTRY} .mark').matches('.good')");
        browser.until(&is_good).await?;
        let shown = browser.text(ENTRY).await?;
        let claim = "The vendor's sample would have accepted this: ";
        match sample {
            Some(sample) => assert!(shown.contains(&format!("{claim}it {sample}.")), "{shown}"),
            None => assert!(!shown.contains(claim), "{shown}"),
        }
        browser.until_text(ORDER, "Open").await?;
    }

    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    let text = r#"200 {"message":"Postback received"}"#;
    shop.told(&[
        "Paid: 200, order paid",
        "By\n“Simulate payment”",
        text,
        "11 of 11 checks passed",
    ])
    .await?;
    browser.click(&format!("{ENTRY} summary")).await?;
    for check in [
        "token is signed with the secret",
        "token was issued for this invoice",
        "payment is stored, and handled for the first time",
        "vendor states the same, and it matches an open order",
    ] {
        browser.until_text(ENTRY, check).await?;
    }
    for (kind, by) in [
        ("copies", "“Send two copies at once”"),
        ("resend", "“Resend”"),
    ] {
        shop.press(kind).await?;
        let sample = "The vendor's sample would have handled it";
        shop.told(&[
            "Known already: 200, handled once",
            by,
            sample,
            "9 of 11 checks passed",
        ])
        .await?;
    }
    browser.until_text("#entries-count", "8").await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}

/// The steps that a postback passes light up, and the one that stops it.
#[tokio::test]
async fn the_picture_shows_how_far_a_postback_came() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    shop.order("A-1").await?;
    for (kind, steps) in [
        (
            "forged_token",
            ["stopped here", "not reached", "not reached", "not reached"],
        ),
        (
            "other_invoice",
            ["passed", "stopped here", "not reached", "not reached"],
        ),
        ("payment", ["passed", "passed", "passed", "passed"]),
        (
            "resend",
            ["passed", "passed", "stopped here", "not reached"],
        ),
    ] {
        shop.press(kind).await?;
        let words = steps.map(|word| format!("': {word}'")).join(",");
        for picture in ["#way", ORDER, ENTRY] {
            let script = format!(
                "const words = [...document.querySelectorAll('{picture} .path .unseen')]; \
                 return String(words.map((word) => word.textContent)) === String([{words}])"
            );
            shop.browser.until(&script).await?;
        }
    }
    shop.browser.check().await
}

/// A lost postback is found by asking the vendor.
#[tokio::test]
async fn a_payment_whose_postback_never_comes_is_found() -> TestResult {
    let started = Shop::start_with(|command| {
        command.env("RECONCILE_SECONDS", "1");
    });
    let Some(shop) = started.await? else {
        return Ok(());
    };
    shop.order("A-1").await?;
    shop.press("silent").await?;
    shop.browser.until_text(ORDER, "Paid").await?;
    shop.told(&[
        "Paid: order paid",
        "No postback came: the vendor's API states the payment.",
        "the shop, which asked the vendor",
    ])
    .await?;
    shop.browser.check().await
}

/// The page shows the retries and the end.
#[tokio::test]
async fn a_handler_that_fails_twice_pays_at_the_third_attempt() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    shop.press("failing").await?;
    browser
        .until_text("#entries", "Attempt 1 failed: 503, stored")
        .await?;
    browser
        .until_text("#entries", "refused twice, as the button says")
        .await?;
    browser
        .until_text(ORDER, "Attempt 2 failed: stored")
        .await?;
    browser.until_text(ORDER, "Tried again at").await?;
    browser
        .until_text(ORDER, "Attempt 3 succeeded, without another postback.")
        .await?;
    browser.until_text(ORDER, "Paid").await?;
    shop.told(&["Paid: order paid", "the worker of the shop"])
        .await?;
    browser.until_text("#entries-count", "3").await?;
    browser.check().await
}

/// A second window, and a payment that no button of the page sent.
#[tokio::test]
async fn every_open_page_updates_by_itself() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    let client = browser.client();
    let first = client.window().await?;
    let second = client.new_window(false).await?.handle;
    client.switch_to_window(second.clone()).await?;
    browser.open(&shop.url()).await?;
    browser.until_text(ORDER, "Open").await?;
    shop.press("payment").await?;
    browser.until_text(ORDER, "Paid").await?;
    client.switch_to_window(first).await?;
    browser.until_text(ORDER, "Paid").await?;

    shop.order("A-2").await?;
    browser.run(PAY_NEWEST).await?;
    browser.until_text(ORDER, "Paid").await?;
    client.switch_to_window(second).await?;
    browser.until_text(ORDER, "A-2").await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.check().await
}

/// Only the first click of a double click counts.
#[tokio::test]
async fn a_double_click_is_one_press() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    browser.double_click("#new button").await?;
    browser.until_text("#orders-count", "1").await?;
    let ready = "return !document.querySelector('[aria-disabled]')";
    browser.until(ready).await?;
    // An id that can be read aloud.
    let is_short =
        "return /^ORDER-[A-Z2-9]{4}$/.test(document.querySelector('#orders h3').innerText)";
    browser.until(is_short).await?;
    browser
        .double_click(&format!("{ORDER} [data-kind=payment]"))
        .await?;
    browser.until_text(ORDER, "Paid").await?;
    browser.until(ready).await?;
    assert_eq!(browser.text("#orders-count").await?, "1");
    assert_eq!(browser.text("#entries-count").await?, "1");
    browser.check().await
}

/// The page shows ten entries, and a button shows the others.
#[tokio::test]
async fn a_button_shows_the_rest_of_a_long_list() -> TestResult {
    let Some(shop) = Shop::start().await? else {
        return Ok(());
    };
    let browser = &shop.browser;
    shop.order("A-1").await?;
    for _ in 0..12 {
        browser.run(PAY_NEWEST).await?;
    }
    browser.until_text("#entries-count", "12").await?;
    browser
        .until_text("#entries + .more", "Show 2 more")
        .await?;
    browser.click("#entries + .more").await?;
    let rest = "return document.querySelectorAll('#entries > li').length === 12 \
                && !document.querySelector('.more') \
                && document.activeElement.matches('#entries > :nth-child(11) summary')";
    browser.until(rest).await?;
    // Exactly one of them paid the order.
    browser.until_text(ORDER, "Paid").await?;
    let paid = "return [...document.querySelectorAll('#entries > li')] \
                .filter((item) => item.innerText.includes('11 of 11 checks passed')).length === 1";
    browser.until(paid).await?;
    browser.check().await
}

/// Pays the newest order without a button of the page.
const PAY_NEWEST: &str = "
    fetch('/orders').then((response) => response.json()).then(([order]) => {
        const body = JSON.stringify({ button: 'payment', order_id: order.id });
        const headers = { 'Content-Type': 'application/json' };
        return fetch('/press', { method: 'POST', headers, body });
    })";
