//! The keyboard.

use browser::{Browser, Program, TestResult};

use super::{genuine, listen, page, post};

const DOWN: &str = "\u{e015}";
const END: &str = "\u{e010}";
const ENTER: &str = "\u{e007}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const TAB: &str = "\u{e004}";

#[tokio::test]
async fn tabs_and_list() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    post(&listen, genuine("GENUINE1")).await?;
    browser.until_text("#detail h2", "#1").await?;
    post(&listen, genuine("GENUINE2")).await?;
    browser.until_text("#list", "GENUINE2").await?;
    let focused = async |text: &str| -> TestResult {
        let script = "return document.activeElement.textContent";
        let focused = browser.run(script).await?;
        let is_there = focused
            .as_str()
            .is_some_and(|focused| focused.contains(text));
        assert!(is_there, "{focused} instead of {text}");
        Ok(())
    };
    // From the search over the filter and what is new into the list.
    browser.click("#search").await?;
    browser.keys(&[TAB, TAB]).await?;
    focused("1 new").await?;
    browser.keys(&[TAB]).await?;
    focused("GENUINE2").await?;
    browser.keys(&[ENTER]).await?;
    browser.until_text("#detail h2", "#2").await?;
    browser.keys(&[DOWN, ENTER]).await?;
    browser.until_text("#detail h2", "#1").await?;
    focused("GENUINE1").await?;
    // An arrival leaves the focus where it is.
    post(&listen, genuine("GENUINE3")).await?;
    browser.until_text("#list", "GENUINE3").await?;
    focused("GENUINE1").await?;

    browser.click("#tab-0").await?;
    browser.keys(&[RIGHT]).await?;
    focused("Payload").await?;
    browser.until_text("#detail", "Claims of the token").await?;
    browser.keys(&[END]).await?;
    focused("Send again").await?;
    browser.keys(&[RIGHT]).await?;
    focused("Checks").await?;
    browser.keys(&[LEFT, LEFT]).await?;
    focused("Headers").await?;
    // The tab of the user's choice is kept for the next postback.
    browser.click("#unread").await?;
    browser.until_text("#detail h2", "#3").await?;
    browser.until_text("#detail", "As they arrived").await
}
