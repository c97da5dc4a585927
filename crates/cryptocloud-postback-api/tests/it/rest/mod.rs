//! What the vendor states as paid beyond what an operator decided about is seen, once, and credited by
//! no worker.

mod amounts;

use std::error::Error;

use cryptocloud_postback_api::{
    Reconciler,
    core::{UnixTime, testing::PostbackBuilder},
    inbox::{Accepted, Begin, Decision, HoldKind, Inbox, Record, ReportId, Source, State},
};
use tokio::join;

use crate::{
    TestResult, postback,
    reconcile::{HOUR, turn},
    shop::{Credit, Shop, dated},
    verified,
};

/// An operator's decision about the part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Accepted,
    Discarded,
}

/// A postback of 10 of 25 USDT.
fn part() -> PostbackBuilder {
    postback("A").amount("10").usd("10")
}

fn by() -> Decision {
    Decision::by("anna")
}

/// A shop whose operator has decided about a part, which its handler held, and whose customer has paid
/// all since, of which the shop has not heard.
async fn completed(decision: Part) -> Result<Shop, Box<dyn Error>> {
    decided(decision, &part()).await
}

async fn decided(decision: Part, part: &PostbackBuilder) -> Result<Shop, Box<dyn Error>> {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "partial", 60));
    // It does not ask the vendor, so the handler compares the amounts.
    let inbox = Inbox::builder("shop", shop.store.clone(), Credit).workers(0);
    let received = inbox.build()?.receive(&verified(part)).await;
    assert_eq!(received.status(), 200);
    decide(&shop, decision).await?;
    shop.server.set("A", "status", "paid");
    shop.server.set("A", "received", 24.5);
    Ok(shop)
}

async fn decide(shop: &Shop, decision: Part) -> TestResult {
    let [held] = &shop.records("A").await[..] else {
        return Err("not one".into());
    };
    assert_eq!(held.state, State::Held);
    match decision {
        Part::Accepted => {
            let accepted = Accepted::new("25".parse()?);
            shop.inbox.accept(held.id, &accepted, &by()).await?;
        }
        Part::Discarded => shop.inbox.discard(held.id, &by()).await?,
    }
    shop.work().await;
    Ok(())
}

/// The newest report, of so many.
async fn newest(shop: &Shop, count: usize) -> Result<Record, Box<dyn Error>> {
    let mut records = shop.records("A").await;
    assert_eq!(records.len(), count, "{records:?}");
    Ok(records.pop().ok_or("none")?)
}

/// What waits for an operator: its state, amount and reason.
async fn waits(shop: &Shop, count: usize) -> Result<(ReportId, State, String), Box<dyn Error>> {
    let record = newest(shop, count).await?;
    let hold = record.hold.ok_or("no reason")?;
    assert_eq!(record.report.source, Source::Reconciled);
    assert_eq!(hold.kind, HoldKind::PaidMore);
    let amount = record.report.fields.amount_crypto.ok_or("no amount")?;
    let text = format!("{amount}: {}", hold.reason);
    Ok((record.id, record.state, text))
}

async fn silent(shop: &Shop) -> TestResult {
    for _ in 0..2 {
        assert_eq!(turn(shop).await?.stored, 0);
    }
    Ok(())
}

#[tokio::test]
async fn the_rest_of_an_accepted_part_is_a_conflict_once() -> TestResult {
    let shop = completed(Part::Accepted).await?;
    assert_eq!(shop.effects().await, ["A"]);
    assert_eq!(turn(&shop).await?.stored, 1);
    let (id, state, text) = waits(&shop, 2).await?;
    let expected = "25.0: vendor states 25.0 USDT_TRC20 as paid, and an operator accepted a report of \
                    10 USDT_TRC20";
    assert_eq!((state, &*text), (State::Conflict, expected));
    silent(&shop).await?;
    shop.inbox.resolve_conflicts().await?;
    assert_eq!(waits(&shop, 2).await?.1, State::Conflict);

    shop.inbox.discard(id, &by()).await?;
    silent(&shop).await?;
    // The customer pays even more.
    shop.server.set("A", "status", "overpaid");
    shop.server.set("A", "received", 40);
    assert_eq!(turn(&shop).await?.stored, 1);
    let (id, state, text) = waits(&shop, 3).await?;
    assert_eq!(state, State::Conflict);
    assert!(text.starts_with("40: "), "{text}");
    shop.inbox.discard(id, &by()).await?;
    silent(&shop).await?;
    assert_eq!(shop.effects().await, ["A"]);
    Ok(())
}

#[tokio::test]
async fn the_rest_of_a_discarded_part_is_held_once() -> TestResult {
    let shop = completed(Part::Discarded).await?;
    let from = UnixTime::from_secs(0);
    assert_eq!(shop.reconciler().backfill(from, true).await?.len(), 1);
    assert_eq!(turn(&shop).await?.stored, 1);
    let (id, state, text) = waits(&shop, 2).await?;
    let expected = "25.0: vendor states 25.0 USDT_TRC20 as paid, and an operator discarded a report of \
                    10 USDT_TRC20";
    assert_eq!((state, &*text), (State::Held, expected));
    silent(&shop).await?;
    assert!(shop.effects().await.is_empty());
    shop.inbox.retry(id, &by()).await?;
    shop.work().await;
    assert_eq!(shop.effects().await, ["A"]);
    silent(&shop).await?;

    let shop = completed(Part::Discarded).await?;
    turn(&shop).await?;
    let (id, ..) = waits(&shop, 2).await?;
    shop.inbox.discard(id, &by()).await?;
    let counts = turn(&shop).await?;
    assert_eq!((counts.discarded, counts.stored), (1, 0));
    assert!(shop.effects().await.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_postback_that_comes_later_is_the_same_rest() -> TestResult {
    let shop = completed(Part::Accepted).await?;
    turn(&shop).await?;
    for _ in 0..2 {
        assert_eq!(shop.receive(&postback("A")).await, 409);
    }
    assert_eq!(shop.receive(&part()).await, 200);
    assert_eq!(waits(&shop, 2).await?.1, State::Conflict);
    silent(&shop).await?;
    assert_eq!(shop.effects().await, ["A"]);

    let shop = completed(Part::Discarded).await?;
    turn(&shop).await?;
    assert_eq!(shop.receive(&postback("A")).await, 200);
    assert_eq!(waits(&shop, 2).await?.1, State::Held);
    silent(&shop).await?;
    assert!(shop.effects().await.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_postback_that_came_before_is_enough() -> TestResult {
    let shop = completed(Part::Accepted).await?;
    assert_eq!(shop.receive(&postback("A")).await, 409);
    silent(&shop).await?;
    let conflict = newest(&shop, 2).await?;
    assert_eq!(conflict.state, State::Conflict);
    shop.inbox.discard(conflict.id, &by()).await?;
    silent(&shop).await?;
    assert_eq!(shop.effects().await, ["A"]);

    let shop = completed(Part::Discarded).await?;
    assert_eq!(shop.receive(&postback("A")).await, 200);
    silent(&shop).await?;
    assert_eq!(newest(&shop, 2).await?.state, State::Done);
    assert_eq!(shop.effects().await, ["A"]);
    Ok(())
}

#[tokio::test]
async fn a_postback_and_two_turns_at_once_are_one_rest() -> TestResult {
    for decision in [Part::Accepted, Part::Discarded] {
        for _ in 0..10 {
            let shop = completed(decision).await?;
            let other = Reconciler::builder(shop.inbox.clone(), shop.confirmer.clone()).build()?;
            let (one, postback) = (shop.reconciler(), postback("A"));
            let (first, second, _) = join!(
                one.run_once(Begin::Now),
                other.run_once(Begin::Now),
                shop.receive(&postback)
            );
            first?;
            second?;
            let rest = newest(&shop, 2).await?;
            shop.work().await;
            let credits = if decision == Part::Accepted || rest.report.source == Source::Postback {
                vec!["A"]
            } else {
                vec![]
            };
            assert_eq!(shop.effects().await, credits, "{rest:?}");
            silent(&shop).await?;
        }
    }
    Ok(())
}
