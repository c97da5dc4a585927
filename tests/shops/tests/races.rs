use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use serde_json::json;

use crate::{Kind, TestResult, World, postback};

on_both!(a_postback_and_reconciliation_at_once_are_one_effect);

/// Two shops look every second, while the postbacks arrive.
async fn a_postback_and_reconciliation_at_once_are_one_effect(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shops = [
        world.reconciling_shop().await?,
        world.reconciling_shop().await?,
    ];
    let (world, shops) = (&world, &shops);
    for round in 0..10 {
        // All are paid before the first postback, so that a turn begins among the postbacks.
        let orders = (0..20).map(|number: usize| async move {
            let id = format!("A{}", 20 * round + number);
            let invoice = shops[number % 2].order(&id).await?;
            world.vendor.pay(&invoice).await?;
            TestResult::Ok((id, invoice))
        });
        let orders = try_join_all(orders).await?;
        let sent = orders.iter().zip([0, 1].into_iter().cycle());
        let sent = sent.map(|((id, invoice), shop)| async move {
            let status = shops[shop].pay(&postback(invoice, id)).await?;
            // The payment may be unfinished.
            assert!([200, 503].contains(&status), "{status}");
            TestResult::Ok(())
        });
        let sent = stream::iter(sent).buffer_unordered(2);
        sent.try_collect::<()>().await?;
        for (id, invoice) in &orders {
            assert_eq!(shops[0].until_paid(id).await?, json!(invoice));
        }
        assert_eq!(world.emails().await?, i64::try_from(20 * (round + 1))?);
    }
    assert_eq!(shops[0].held().await?, [""; 0]);
    // Neither was always the first.
    let log = shops[0].process.log()? + &shops[1].process.log()?;
    let found = log.matches("reconciliation found a payment").count();
    assert!((1..200).contains(&found), "{found}");
    Ok(())
}
