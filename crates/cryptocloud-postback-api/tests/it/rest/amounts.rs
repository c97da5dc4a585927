//! What is compared, and what is not.

use cryptocloud_postback_api::{core::UnixTime, inbox::State};

use super::{Part, by, completed, decide, decided, newest, silent, waits};
use crate::{
    TestResult, postback,
    reconcile::{DAY, HOUR, turn},
    shop::{Shop, dated},
};

/// A postback of a part may report the invoiced amount, and then that of all has the same fields.
#[tokio::test]
async fn a_part_that_reports_the_invoiced_amount_is_a_part() -> TestResult {
    for (decision, expected) in [
        (Part::Accepted, State::Conflict),
        (Part::Discarded, State::Held),
    ] {
        let shop = Shop::new().await;
        shop.started(HOUR).await;
        shop.server.add(dated("A", "partial", 60));
        // The vendor is asked, and does not confirm it.
        assert_eq!(shop.receive(&postback("A")).await, 200);
        decide(&shop, decision).await?;
        silent(&shop).await?;
        shop.server.set("A", "status", "paid");
        assert_eq!(shop.receive(&postback("A")).await, 200);
        assert_eq!(turn(&shop).await?.stored, 1);
        let (id, state, text) = waits(&shop, 2).await?;
        assert_eq!(state, expected);
        assert!(
            text.ends_with("of 25 USDT_TRC20 that was not confirmed"),
            "{text}"
        );
        shop.inbox.discard(id, &by()).await?;
        silent(&shop).await?;
    }
    // The shop does not ask, and the body says that it is a part.
    let shop = decided(
        Part::Discarded,
        &postback("A").usd("30").info_field("status", r#""partial""#),
    )
    .await?;
    assert_eq!(turn(&shop).await?.stored, 1);
    assert_eq!(waits(&shop, 2).await?.1, State::Held);
    Ok(())
}

#[tokio::test]
async fn only_what_says_less_is_a_part() -> TestResult {
    let part = |amount: &str| postback("A").amount(amount).usd("30");
    for (reported, stored) in [
        (part("25"), 0),
        (part("24.9"), 1),
        // After the fees, as the vendor states what was received.
        (part("24.5"), 0),
        (part("9000"), 0),
        (part("25").currency("BTC"), 1),
        (part("25").field("amount_crypto", "null"), 1),
    ] {
        let shop = decided(Part::Accepted, &reported).await?;
        assert_eq!(turn(&shop).await?.stored, stored, "{reported:?}");
        silent(&shop).await?;
    }
    Ok(())
}

/// Amounts of postback and API may differ, and every payment would wait for an operator.
#[tokio::test]
async fn what_the_handler_settled_by_itself_stays_known() -> TestResult {
    let shop = Shop::new().await;
    shop.started(HOUR).await;
    shop.server.add(dated("A", "paid", 60));
    assert_eq!(shop.receive(&postback("A")).await, 200);
    // An operator has decided about another report of it.
    assert_eq!(shop.receive(&postback("A").amount("9")).await, 409);
    let forged = newest(&shop, 2).await?;
    shop.inbox.discard(forged.id, &by()).await?;
    shop.server.set("A", "status", "overpaid");
    shop.server.set("A", "received", 40);
    silent(&shop).await?;
    let from = UnixTime::from_secs(0);
    assert!(shop.reconciler().backfill(from, true).await?.is_empty());
    assert_eq!(newest(&shop, 2).await?.id, forged.id);
    assert_eq!(shop.effects().await, ["A"]);
    Ok(())
}

#[tokio::test]
async fn what_the_retention_has_cleared_stays_known() -> TestResult {
    for decision in [Part::Accepted, Part::Discarded] {
        let shop = completed(decision).await?;
        let old = 401 * DAY * 1_000;
        let sql = format!("UPDATE cryptocloud_inbox_report SET settled_at = settled_at - {old}");
        shop.run(&sql).await;
        assert_eq!(shop.inbox.purge().await?, 1);
        silent(&shop).await?;
        newest(&shop, 1).await?;
    }
    Ok(())
}
