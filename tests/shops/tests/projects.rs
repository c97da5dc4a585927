//! Several projects in one shop, whose secrets are in a watched file.

use std::{
    collections::BTreeSet,
    fs,
    ops::Range,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use cryptocloud_postback::testing::PostbackBuilder;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::timeout,
};

use crate::{HANG, Kind, SECRET, Shop, TestResult, World, postback, until};

on_both!(
    a_changed_secret_is_taken_up_and_no_postback_is_refused,
    a_file_and_a_secret_are_not_for_one_shop,
    each_project_has_its_own_payments,
    unknown_names_take_no_memory,
);

pub(crate) const NEW: &str = "not-a-real-key-that-replaces-the-other";

/// The `project` signs with this secret, and its predecessors.
pub(crate) fn file(project: &str, secret: &str, also_accept: &[&str]) -> String {
    format!("[projects.{project}]\nsecret = {secret:?}\nalso_accept = {also_accept:?}\n")
}

/// Pays an order that does not exist, so it is held for review.
async fn pay(shop: &Shop, invoice: &str, secret: &str) -> TestResult<u16> {
    let paid = PostbackBuilder::new(secret).invoice_id(invoice);
    shop.pay_at("/postback/shop", &paid).await
}

async fn a_changed_secret_is_taken_up_and_no_postback_is_refused(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop_of(&file("shop", SECRET, &[])).await?;
    assert_eq!(pay(&shop, "FIRST", NEW).await?, 401);

    let (vendor_has_changed, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let (sent, arrived) = (AtomicU32::new(0), Notify::new());
    let stream = async {
        while !is_over.load(Ordering::Relaxed) {
            let secret = if vendor_has_changed.load(Ordering::Relaxed) {
                NEW
            } else {
                SECRET
            };
            let number = sent.fetch_add(1, Ordering::Relaxed);
            assert_eq!(
                pay(&shop, &format!("S{number}"), secret).await?,
                200,
                "{number}"
            );
            arrived.notify_one();
        }
        TestResult::Ok(())
    };
    let more = async || timeout(HANG, arrived.notified()).await;
    let change = async {
        more().await?;
        world.write_projects(&file("shop", NEW, &[SECRET]))?;
        until("the new secret is known", async || {
            Ok(pay(&shop, "NEW", NEW).await? == 200)
        })
        .await?;
        vendor_has_changed.store(true, Ordering::Relaxed);
        // One that has arrived, the one that is on its way, and one with the new secret.
        more().await?;
        more().await?;
        more().await?;
        world.write_projects(&file("shop", NEW, &[]))?;
        until("the old secret is refused", async || {
            Ok(pay(&shop, "OLD", SECRET).await? == 401)
        })
        .await?;
        more().await?;
        is_over.store(true, Ordering::Relaxed);
        TestResult::Ok(())
    };
    tokio::try_join!(stream, change)?;
    Ok(())
}

async fn a_file_and_a_secret_are_not_for_one_shop(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    for (unset, error) in [
        (
            "CRYPTOCLOUD_API_KEY",
            "PROJECTS_FILE: unset CRYPTOCLOUD_SECRET_KEY",
        ),
        (
            "CRYPTOCLOUD_SECRET_KEY",
            "PROJECTS_FILE: unset CRYPTOCLOUD_API_KEY",
        ),
    ] {
        let mut command = world.command();
        command
            .env("PROJECTS_FILE", "projects.toml")
            .env_remove(unset);
        let output = timeout(HANG, command.kill_on_drop(true).output()).await??;
        let text = String::from_utf8(output.stderr)?;
        assert!(
            text.starts_with(error) && text.lines().count() == 1,
            "{text}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
    let broken = world.shop_of("[projects.shop]\nsecret = \"short\"\n").await;
    let error = broken
        .err()
        .ok_or("a short secret was accepted")?
        .to_string();
    let expected = "PROJECTS_FILE: line 2: secret cannot be used: secret key is shorter";
    assert!(
        error.contains(expected) && !error.contains("\"short\""),
        "{error}"
    );
    Ok(())
}

async fn each_project_has_its_own_payments(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let both = file("shop", SECRET, &[]) + &file("club", NEW, &[]);
    let shop = world.shop_of(&both).await?;
    let order = json!({"id": "A", "invoice_id": "INV-A", "amount": "25", "currency": "USD"});
    assert_eq!(shop.post("/orders", &order).await?.0, 201);
    let paid = postback("A", "A");
    assert_eq!(shop.pay_at("/postback/club", &paid).await?, 401);
    assert_eq!(shop.pay_at("/postback", &paid).await?, 404);
    assert_eq!(shop.pay_at("/postback/shop", &paid).await?, 200);
    assert_eq!(shop.paid_by("A").await?, "A");

    let held = PostbackBuilder::new(NEW).invoice_id("B");
    assert_eq!(shop.pay_at("/postback/club", &held).await?, 200);
    let list = shop.get("/held").await?;
    assert_eq!(
        (&list[0]["project"], &list[1]),
        (&json!("club"), &json!(null))
    );
    let dismiss = format!("/held/{}/dismiss", list[0]["id"]);
    let note = json!({"note": "refunded"});
    assert_eq!(shop.post(&dismiss, &note).await?.0, 200);
    assert_eq!(shop.get("/held").await?, json!([]));
    assert_eq!(shop.ask("/readyz").await?.0, 200);
    Ok(())
}

/// A kilobyte that is kept for each name would be twice the bound.
async fn unknown_names_take_no_memory(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shop = world.shop_of(&file("shop", SECRET, &[])).await?;
    let address = shop.process.origin.strip_prefix("http://");
    let mut stream = TcpStream::connect(address.ok_or("no address")?).await?;
    let length = refuse_first(&mut stream).await?;
    refuse(&mut stream, length, 0..1_000).await?;
    let before = resident_kib(&shop)?;
    refuse(&mut stream, length, 1_000..21_000).await?;
    let grown = resident_kib(&shop)?.saturating_sub(before);
    assert!(grown < 10_000, "memory grew by {grown} KiB");
    assert_eq!(pay(&shop, "A", SECRET).await?, 200);
    // Prometheus gets no numbers for them, either; without a name is what no verifier sees.
    let metrics = shop.get("/metrics").await?;
    let metrics = metrics.as_str().ok_or("no text")?;
    let labels = metrics.split("project=\"").skip(1);
    let projects: BTreeSet<_> = labels.filter_map(|label| label.split('"').next()).collect();
    assert_eq!(projects, BTreeSet::from(["", "shop"]), "{metrics}");
    Ok(())
}

/// Many requests on one connection, a hundred at a time, whose responses have the same length.
async fn refuse(stream: &mut TcpStream, length: usize, names: Range<u32>) -> TestResult {
    let names: Vec<u32> = names.collect();
    for names in names.chunks(100) {
        let requests: String = names.iter().map(request).collect();
        timeout(HANG, stream.write_all(requests.as_bytes())).await??;
        let mut responses = vec![0; length * names.len()];
        timeout(HANG, stream.read_exact(&mut responses)).await??;
        for response in responses.chunks(length) {
            let response = String::from_utf8_lossy(response);
            assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
            assert!(response.ends_with(NOT_FOUND), "{response}");
        }
    }
    Ok(())
}

/// The length of one response.
async fn refuse_first(stream: &mut TcpStream) -> TestResult<usize> {
    stream.write_all(request(&0).as_bytes()).await?;
    let mut response = Vec::new();
    while !response.ends_with(NOT_FOUND.as_bytes()) {
        response.push(timeout(HANG, stream.read_u8()).await??);
    }
    Ok(response.len())
}

fn request(name: &u32) -> String {
    format!("POST /postback/name-{name} HTTP/1.1\r\nhost: shop\r\ncontent-length: 2\r\n\r\n{{}}")
}

fn resident_kib(shop: &Shop) -> TestResult<u64> {
    let id = shop.process.id().ok_or("it has ended")?;
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(size.ok_or("no size")?.parse()?)
}

const NOT_FOUND: &str = r#"{"error":"Not found"}"#;
