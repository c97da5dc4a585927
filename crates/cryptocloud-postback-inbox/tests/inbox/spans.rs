//! A postback's span lasts until its work is done, and each attempt has one.

use std::time::Duration;

use cryptocloud_postback_inbox::{Inbox, Mode};

use crate::{
    Clock, Result, Shop, postback, send,
    shared_spans::{self, Closed, closed},
};

fn texts(closed: Vec<Closed>) -> Vec<(String, Option<&'static str>)> {
    let texts = closed.into_iter().map(|span| (span.text, span.parent));
    texts.collect()
}

fn expected(text: &str, parent: Option<&'static str>) -> (String, Option<&'static str>) {
    (text.to_owned(), parent)
}

#[tokio::test(start_paused = true)]
async fn in_direct_mode_the_attempt_is_within_the_postback() -> Result {
    shared_spans::start();
    let inbox = Shop::default().builder().build()?;
    assert_eq!(send(&inbox, "A\"B", "hold").await?, 200);
    let attempt = r#"attempt project="shop" invoice_id="A\"B" report_id=1 attempt=1 kind=Handler state="held""#;
    let whole = r#"postback invoice_id="A\"B" report_id=1 state="held""#;
    assert_eq!(
        texts(closed()),
        [expected(attempt, Some("postback")), expected(whole, None)]
    );
    // A resend finds what is stored.
    assert_eq!(send(&inbox, "A\"B", "hold").await?, 200);
    assert_eq!(texts(closed()), [expected(whole, None)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_span_of_a_postback_outlives_its_sender() -> Result {
    shared_spans::start();
    let inbox = Shop::default().builder().build()?;
    let paid = postback("A", "slow")?;
    assert_eq!(inbox.receive(&paid).await.status(), 503);
    drop(paid);
    assert!(closed().is_empty());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let last = texts(closed()).pop();
    let whole = r#"postback invoice_id="A" report_id=1 state="done""#;
    assert_eq!(last, Some(expected(whole, None)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_worker_has_one() -> Result {
    shared_spans::start();
    let clock = Clock::new();
    let store = clock.store();
    let inbox = Inbox::builder("shop", store, Shop::default())
        .mode(Mode::StoreFirst)
        .start()
        .await?;
    assert_eq!(send(&inbox, "A", "fail").await?, 200);
    tokio::time::sleep(Duration::from_secs(60)).await;
    inbox.drain(Duration::from_secs(1)).await;
    let attempt = r#"attempt project="shop" invoice_id="A" report_id=1 attempt="#;
    let attempts = [
        format!(r#"{attempt}1 state="failed""#),
        format!(r#"{attempt}2 state="done""#),
    ];
    let whole = r#"postback invoice_id="A" report_id=1 state="received""#;
    // The first attempt may end before the response is taken.
    let mut ended = texts(closed());
    ended.sort();
    let [first, second] = attempts.each_ref().map(|text| expected(text, None));
    assert_eq!(ended, [first, second, expected(whole, None)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn its_fields_are_the_documented_ones() -> Result {
    shared_spans::start();
    let inbox = Shop::default().builder().build()?;
    assert_eq!(send(&inbox, "A", "ORDER_1").await?, 200);
    let docs = include_str!("../../src/lib.rs");
    let rows = docs
        .split("| field of `attempt` |")
        .nth(1)
        .ok_or("the table")?;
    let rows = rows
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("//! | `"));
    let fields: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(fields, closed()[0].fields);
    Ok(())
}
