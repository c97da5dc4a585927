//! Forwarding to the merchant's server, and resends.

use browser::{Browser, Program, TestResult};
use cryptocloud_postback::UnixTime;
use reqwest::StatusCode;

use super::{genuine, listen, look, page, post};

#[tokio::test]
async fn a_button_forwards_a_postback_again() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let behind = Program::start(&mut listen(&["--path", "/behind"]))?;
    let listen = Program::start(&mut listen(&["--forward", behind.url()]))?;
    browser.open(page(&listen)).await?;
    browser.until_text("#forward", behind.url()).await?;
    assert_eq!(post(&listen, genuine("FORWARD1")).await?, StatusCode::OK);
    browser
        .until_text("#detail", "Your server's response")
        .await?;
    // The second click of a double click sends nothing.
    browser.double_click("[data-kind=resend]").await?;
    browser.until_text("#detail h2", "#2, resend of #1").await?;
    let focused = "return document.activeElement.dataset.kind === 'resend'";
    browser.until(focused).await?;
    browser.until_text("#detail", "Postback received").await?;
    browser.until_text("#list", "Resend of #1").await?;
    browser.until_text("#list", "Your server: 200").await?;
    assert_eq!(browser.text("#count").await?, "2");
    look(&browser, "listen-forward").await?;

    drop(behind);
    browser.click("[data-kind=resend]").await?;
    browser
        .until_text("#detail", "your server cannot be reached")
        .await?;
    browser.until_text("#list", "Not forwarded").await?;
    browser.until_text("#list", "502").await?;
    look(&browser, "listen-unreachable").await?;
    browser.check().await
}

#[tokio::test]
async fn an_expired_postback_is_sent_with_a_new_token() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let behind = Program::start(&mut listen(&[]))?;
    let listen = Program::start(&mut listen(&["--forward", behind.url()]))?;
    browser.open(page(&listen)).await?;
    // The leeway still accepts it.
    let before = UnixTime::from_secs(UnixTime::now()?.as_secs() - 20);
    let expired = genuine("EXPIRED1").expires_at(before);
    assert_eq!(post(&listen, expired).await?, StatusCode::OK);
    for text in ["The token expired at", "It gets a new token"] {
        browser.until_text("#detail", text).await?;
    }
    browser.screenshot("listen-expired").await?;
    browser.click("[data-kind=resend]").await?;
    let heading = "#2, resend of #1, signed anew";
    browser.until_text("#detail h2", heading).await?;
    browser
        .until_text("#detail", "The token is valid until")
        .await?;
    browser.until_text("#detail", "Postback received").await?;
    browser.check().await
}
