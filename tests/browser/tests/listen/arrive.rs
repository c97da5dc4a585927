//! What arrives.

use browser::{Browser, Program, TestResult};
use cryptocloud_postback::UnixTime;
use reqwest::{Client, StatusCode};

use super::{genuine, listen, look, page, post, tab};

#[tokio::test]
async fn postbacks_appear_without_a_reload() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    browser.until_text("#live", "Live").await?;
    browser
        .until_text("#empty", "Nothing has arrived yet")
        .await?;
    let send = format!("ccpostback send --url {}", listen.url());
    browser.until_text("#send", &send).await?;
    browser.screenshot("listen-empty").await?;
    browser.check().await?;

    assert_eq!(post(&listen, genuine("GENUINE1")).await?, StatusCode::OK);
    browser.until_text("#detail h2", "Verified").await?;
    for text in ["ok", "token is signed with the secret", "200 OK"] {
        browser.until_text("#detail", text).await?;
    }
    look(&browser, "listen-verified").await?;
    tab(&browser, "Payload").await?;
    for text in [
        "Claims of the token, proven",
        "GENUINE1",
        "ORDER_93223",
        "0.000113",
    ] {
        browser.until_text("#detail", text).await?;
    }
    look(&browser, "listen-payload").await?;
    tab(&browser, "Send again").await?;
    browser.until_text("#detail", "curl -sSi").await?;
    look(&browser, "listen-again").await?;
    tab(&browser, "Checks").await?;

    let forged = genuine("FORGED01").secret("not-a-real-key-of-another-project");
    assert_eq!(post(&listen, forged).await?, StatusCode::UNAUTHORIZED);
    // What is being read stays, and the title of the window tells.
    browser.until_text("#unread", "1 new").await?;
    browser.until_text("#detail h2", "#1").await?;
    browser
        .until("return document.title.startsWith('(1)')")
        .await?;
    look(&browser, "listen-new").await?;
    browser.click("#unread").await?;
    browser.until_text("#detail h2", "Refused").await?;
    for text in ["failed", "is your secret the SECRET KEY", "skipped", "401"] {
        browser.until_text("#detail", text).await?;
    }
    browser
        .until("return document.querySelector('#unread').hidden")
        .await?;
    look(&browser, "listen-refused").await?;

    browser.click("#clear").await?;
    browser
        .until_text("#empty", "Nothing has arrived yet")
        .await?;
    browser.check().await
}

#[tokio::test]
async fn nothing_that_arrives_runs_as_script() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    let script = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>";
    let hostile = genuine("HOSTILE1")
        .order_id(script)
        .info_field("project", format!(r#"{{"name":"{script}"}}"#))
        .info_field("address", format!(r#""{script}""#))
        .info_field("uuid", r#""INV-OTHER234""#)
        .field(script, "1");
    assert_eq!(post(&listen, hostile.clone()).await?, StatusCode::OK);
    tab(&browser, "Payload").await?;
    browser.until_text("#detail", script).await?;
    let note = "invoice_info.uuid names another invoice";
    browser.until_text("#detail .note", note).await?;
    let reversed = hostile.order_id("a\u{202e}b").json().body().to_vec();
    let body = [b"\xff\xfe".as_slice(), &reversed, b"\0</pre>"].concat();
    let client = Client::new();
    client
        .post(format!("{}?{script}", listen.url()).replace(['<', '>', ' '], "'"))
        .header("x-hostile", script)
        .header("cookie", "session=of-the-merchant")
        .body(body)
        .send()
        .await?;
    browser.until_text("#unread", "1 new").await?;
    browser.click("#unread").await?;
    browser.until_text("#detail h2", "#2").await?;
    tab(&browser, "Headers").await?;
    for text in ["[redacted]", script] {
        browser.until_text("#detail", text).await?;
    }
    tab(&browser, "As it arrived").await?;
    for text in ["\\xff\\xfe", "U+202E", "U+0000", script] {
        browser.until_text("#detail", text).await?;
    }
    let run = browser.run("return window.hacked === undefined").await?;
    assert_eq!(run, true);
    let images = browser.run("return document.images.length").await?;
    assert_eq!(images, 0);
    look(&browser, "listen-hostile").await?;

    // A time that no calendar has.
    let far = UnixTime::from_secs(9_000_000_000_000_000);
    post(&listen, genuine("FARAWAY1").expires_at(far)).await?;
    browser.until_text("#unread", "1 new").await?;
    browser.click("#unread").await?;
    browser.until_text("#detail h2", "#3").await?;
    tab(&browser, "Payload").await?;
    browser
        .until_text("#detail", "9000000000000000 no time")
        .await
}

#[tokio::test]
async fn the_page_reconnects_after_a_restart() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let first = Program::start(&mut listen(&[]))?;
    let address = page(&first).trim_start_matches("http://").to_owned();
    browser.open(page(&first)).await?;
    post(&first, genuine("BEFORE01")).await?;
    browser.until_text("#list", "BEFORE01").await?;
    // The event stream of the page is still open.
    assert!(first.stop()?.success());
    browser.until_text("#live", "Disconnected").await?;
    let second = Program::start(&mut listen(&["--addr", &address]))?;
    post(&second, genuine("AFTER001")).await?;
    browser.until_text("#live", "Live").await?;
    browser.until_text("#list", "AFTER001").await?;
    browser
        .until("return document.querySelectorAll('#list li').length === 1")
        .await
}

#[tokio::test]
async fn without_a_secret_the_page_says_that_no_signature_is_checked() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(listen(&[]).env_remove("CRYPTOCLOUD_SECRET_KEY"))?;
    browser.open(page(&listen)).await?;
    let text = "Signatures are not checked: set CRYPTOCLOUD_SECRET_KEY";
    browser.until_text("#no-secret", text).await?;
    let form = genuine("FORMED01").form();
    let request = Client::new().post(listen.url()).body(form.body());
    assert_eq!(request.send().await?.status(), StatusCode::OK);
    browser.until_text("#detail h2", "Not checked").await?;
    tab(&browser, "Body").await?;
    browser.until_text("#detail", "Fields of the form").await?;
    look(&browser, "listen-no-secret").await
}

#[tokio::test]
async fn json_is_indented_as_it_was_sent() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    let odd = r#"{"a":1e-05,"a":[{},"\"{,\\"],"b":{"c":null}}"#;
    let indented = r#"{
  "a": 1e-05,
  "a": [
    {},
    "\"{,\\"
  ],
  "b": {
    "c": null
  }
}"#;
    for (text, expected) in [
        ("{}", Some("{}")),
        (" [ ] ", Some("[]")),
        (odd, Some(indented)),
        ("1e-05", Some("1e-05")),
        ("", None),
        ("{", None),
        ("{} {}", None),
        ("status=success", None),
    ] {
        let script = "return import('/page/detail.js').then((it) => it.indented(arguments[0]))";
        let shown = browser.client().execute(script, vec![text.into()]).await?;
        assert_eq!(shown.as_str(), expected, "{text}");
    }
    // Indented without a limit, this would be a gigabyte.
    let deep = "return import('/page/detail.js').then((it) =>
        it.indented('['.repeat(30000) + '1' + ']'.repeat(30000)).length)";
    let length = browser.run(deep).await?;
    assert!(
        length.as_u64().is_some_and(|length| length < 5_000_000),
        "{length}"
    );
    Ok(())
}

#[tokio::test]
async fn of_a_page_the_text_is_shown() -> TestResult {
    let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
        return Ok(());
    };
    let listen = Program::start(&mut listen(&[]))?;
    browser.open(page(&listen)).await?;
    for (html, text) in [
        (
            "<!doctype html><title>ValueError</title>\n<STYLE>p { color: red }</STYLE><!-- a > b -->\
             <p>No such <b>order</b></p><script>if (a < b) {}</script>",
            "ValueError No such order",
        ),
        ("plain text", "plain text"),
        ("", ""),
    ] {
        let script = "return import('/page/detail.js').then((it) => it.visibleText(arguments[0]))";
        let shown = browser.client().execute(script, vec![html.into()]).await?;
        assert_eq!(shown, text);
    }
    Ok(())
}
