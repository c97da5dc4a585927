//! Tests of `Browser::check` itself: it finds the faults that it looks for.

use browser::{Browser, TestResult};

#[tokio::test]
async fn check_finds_every_kind_of_fault() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    browser.open(&page("")).await?;
    browser.check().await?;
    for (fault, expected) in [
        ("<script>console.error('odd')</script>", "odd"),
        ("<script>nothing()</script>", "nothing is not defined"),
        ("<img src='data:,'>", "has no alternative text"),
        ("<input>", "has no label"),
        ("<button></button>", "has no name"),
        ("<h3>Low</h3>", "follows a heading of level 1"),
        ("<p style='color: #999'>Pale</p>", "contrast is 2.8"),
        ("<p style='width: 2000px'>Wide</p>", "in a window of 1280"),
        ("<p id=a></p><p id=a></p>", "is used twice"),
        ("<table><tr><td>1</table>", "has no caption"),
    ] {
        browser.open(&page(fault)).await?;
        let error = browser.check().await.err().ok_or(fault)?.to_string();
        assert!(error.contains(expected), "{fault}: {error}");
    }
    Ok(())
}

/// The color scheme and the size reach the page.
#[tokio::test]
async fn size_and_color_scheme_reach_the_page() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    browser.phone().await?;
    browser.prefer("dark").await?;
    browser.open(&page("")).await?;
    let script = "return innerWidth === 360 && matchMedia('(prefers-color-scheme: dark)').matches";
    browser.until(script).await
}

fn page(fault: &str) -> String {
    let page = format!(
        "<!doctype html><html lang=en><meta name=viewport content='width=device-width'>\
         <title>A page</title><main><h1>A page</h1><p role=status>Here</p>{fault}</main>"
    );
    let bytes = page.bytes().map(|byte| format!("%{byte:02x}"));
    format!("data:text/html,{}", bytes.collect::<String>())
}
