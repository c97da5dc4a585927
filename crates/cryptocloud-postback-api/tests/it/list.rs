//! Lists that shift, shrink, repeat themselves or never end.

use std::collections::HashSet;

use cryptocloud_postback_api::{Api, ApiError, ApiErrorKind, Date, core::OffsetDateTime};
use cryptocloud_postback_mimic::{Fault, Invoice, Mimic, Request};
use futures_util::TryStreamExt;

use crate::{TestResult, api, invoice, page};

/// 2026-01-01, when the invoices of the server were created.
fn day() -> Date {
    OffsetDateTime::from_unix_timestamp(1_767_262_995)
        .expect("a time")
        .date()
}

async fn list(api: &Api) -> Result<Vec<String>, ApiError> {
    let names = api
        .list(day(), day())
        .map_ok(|invoice| invoice.id().to_string());
    names.try_collect().await
}

async fn server(invoices: usize) -> Mimic {
    let server = Mimic::start().await.expect("a port");
    for n in 0..invoices {
        server.add(invoice(&format!("A{n:03}"), "paid"));
    }
    server
}

fn all(invoices: usize) -> Vec<String> {
    (0..invoices).map(|n| format!("A{n:03}")).collect()
}

#[tokio::test]
async fn every_invoice_once() -> TestResult {
    for length in [0, 1, 9, 10, 99, 100, 101, 190, 191, 350] {
        let server = server(length).await;
        assert_eq!(list(&api(&server)).await?, all(length), "{length}");
    }
    Ok(())
}

#[tokio::test]
async fn the_days_are_sent_and_pages_have_a_hundred() -> TestResult {
    let server = server(150).await;
    list(&api(&server)).await?;
    let mut limits = Vec::new();
    for request in server.requests() {
        assert_eq!(request.path, "/v2/invoice/merchant/list");
        assert_eq!(request.body["start"], "01.01.2026");
        assert_eq!(request.body["end"], "01.01.2026");
        limits.push(request.body["limit"].as_u64());
    }
    // The last request finds out whether `limit` is a count.
    assert_eq!(limits, [100, 100, 100, 100, 250].map(Some));
    let other = OffsetDateTime::UNIX_EPOCH.date();
    let none: Vec<_> = api(&server).list(other, other).try_collect().await?;
    assert!(none.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_limit_may_be_a_count_or_the_number_of_the_last_invoice() -> TestResult {
    for length in [1, 99, 100, 101, 350] {
        let server = server(length).await;
        server.on_request(|request, _| {
            let offset = number(request, "offset");
            request.body["limit"] = number(request, "limit").saturating_sub(offset).into();
        });
        assert_eq!(list(&api(&server)).await?, all(length), "{length}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_may_be_shorter_than_asked() -> TestResult {
    for longest in [1, 3, 10, 50] {
        let server = server(120).await;
        server.on_request(move |request, _| shorten(request, longest));
        assert_eq!(list(&api(&server)).await?, all(120), "{longest}");
    }
    Ok(())
}

fn number(request: &Request, field: &str) -> u64 {
    request.body[field].as_u64().unwrap_or_default()
}

/// A page that the vendor would send becomes shorter than asked.
fn shorten(request: &mut Request, longest: u64) {
    let limit = number(request, "limit");
    if limit <= 100 {
        request.body["limit"] = limit.min(longest).into();
    }
}

/// What happens to the list before its page of this number, from 0, is read.
async fn shifting(
    page: usize,
    mut edit: impl FnMut(&mut Vec<Invoice>) + Send + 'static,
) -> Result<HashSet<String>, ApiError> {
    let server = server(350).await;
    let mut number = 0;
    server.on_request(move |_, invoices| {
        if number == page {
            edit(invoices);
        }
        number += 1;
    });
    let names = list(&api(&server)).await?;
    let unique: HashSet<_> = names.iter().cloned().collect();
    assert_eq!(unique.len(), names.len(), "an invoice is there twice");
    Ok(unique)
}

#[tokio::test]
async fn pages_that_shift_while_they_are_read() -> TestResult {
    let complete = |found: &HashSet<String>, from: usize| {
        let lost: Vec<_> = all(350)
            .into_iter()
            .skip(from)
            .filter(|name| !found.contains(name))
            .collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
    };
    for page in [1, 3, 4] {
        // New invoices come first, or last.
        let new = |n| invoice(&format!("NEW{n}"), "paid");
        let found = shifting(page, move |invoices| {
            invoices.splice(0..0, (0..150).map(new));
        });
        complete(&found.await?, 0);
        let found = shifting(page, move |invoices| invoices.extend((0..150).map(new)));
        complete(&found.await?, 0);
        // Those that were read already go away: as many as a page repeats, and many more.
        for gone in [10, 11, 80] {
            let found = shifting(page, move |invoices| drop(invoices.drain(..gone)));
            complete(&found.await?, gone);
        }
        let found = shifting(page, |invoices| invoices.reverse());
        assert!(found.await?.len() >= 100);
    }
    Ok(())
}

#[tokio::test]
async fn a_list_that_never_ends() -> TestResult {
    // The same page again and again.
    let server = server(0).await;
    server.fail_always(Fault::respond(200, page(&[r#"{"uuid":"A"}"#])));
    let error = list(&api(&server)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ApiErrorKind::Endless, 11));

    // Nothing but odd elements.
    server.fail_always(Fault::respond(200, page(&["null"; 100])));
    assert_eq!(
        list(&api(&server)).await.unwrap_err().kind(),
        ApiErrorKind::Endless
    );

    // Always a new one.
    server.recover();
    let mut number = 0;
    server.on_request(move |request, invoices| {
        shorten(request, 1);
        number += 1;
        invoices.push(invoice(&format!("N{number}"), "paid"));
    });
    let before = server.count();
    assert_eq!(
        list(&api(&server)).await.unwrap_err().kind(),
        ApiErrorKind::Endless
    );
    assert_eq!(server.count() - before, 2_000);
    Ok(())
}

#[tokio::test]
async fn an_error_in_the_middle_ends_the_stream() -> TestResult {
    let server = server(350).await;
    let mut number = 0;
    let api = crate::builder(&server).max_retries(0).build()?;
    server.on_request(move |_, invoices| {
        number += 1;
        if number == 3 {
            invoices.clear();
        }
    });
    let mut stream = api.list(day(), day());
    let mut found = 0;
    while let Some(_invoice) = stream.try_next().await? {
        found += 1;
        if found == 100 {
            server.fail([Fault::status(500)]);
            break;
        }
    }
    assert_eq!(
        stream.try_next().await.unwrap_err().kind(),
        ApiErrorKind::Server
    );
    assert!(stream.try_next().await?.is_none());
    Ok(())
}
