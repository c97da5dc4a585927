use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::{Kind, TestResult, World, postback};

on_both!(a_postback_and_reconciliation_at_once_are_one_effect);

/// Two shops look every second, while their postbacks arrive.
async fn a_postback_and_reconciliation_at_once_are_one_effect(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let shops = [
        world.reconciling_shop().await?,
        world.reconciling_shop().await?,
    ];
    let pay = |number: usize| {
        let (world, shops) = (&world, &shops);
        async move {
            let id = format!("A{number}");
            let invoice = shops[number % 2].order(&id).await?;
            world.vendor.pay(&invoice).await?;
            let status = shops[(number + 1) % 2]
                .pay(&postback(&invoice, &id))
                .await?;
            // It may be stored, and not done yet.
            assert!([200, 503].contains(&status), "{status}");
            TestResult::Ok((id, invoice))
        }
    };
    let paid: Vec<_> = stream::iter(0..PAYMENTS)
        .map(pay)
        .buffer_unordered(4)
        .try_collect()
        .await?;
    for (id, invoice) in paid {
        assert_eq!(shops[0].until_paid(&id).await?, json!(invoice));
    }
    assert_eq!(world.emails().await?, i64::try_from(PAYMENTS)?);
    assert_eq!(shops[0].held().await?, [""; 0]);
    // Otherwise this was no race.
    let mut log = shops[0].process.log()?;
    log += &shops[1].process.log()?;
    assert!(log.contains("reconciliation found a payment"));
    Ok(())
}

const PAYMENTS: usize = 200;
