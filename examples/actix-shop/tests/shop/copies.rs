use futures_util::future::try_join_all;

use crate::{TestResult, postback, process::Database};

#[tokio::test]
async fn copies_at_once_over_two_processes_are_one_effect() -> TestResult {
    let Some(database) = Database::create("copies").await? else {
        return Ok(());
    };
    let shops = [database.start_shop().await?, database.start_shop().await?];
    database
        .run(
            "CREATE SEQUENCE runs; \
             CREATE FUNCTION count_run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM nextval('runs'); RETURN NULL; END $$; \
             CREATE TRIGGER count_run BEFORE UPDATE ON orders FOR EACH STATEMENT \
             EXECUTE FUNCTION count_run()",
        )
        .await?;
    for round in 1..=5 {
        let order = format!("A{round}");
        shops[0].api.create(&order).await?;
        let paid = postback(&order);
        let copies = (0..32).map(|copy| shops[copy % 2].api.pay(&paid));
        let statuses = try_join_all(copies).await?;
        assert!(statuses.contains(&200), "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 503].contains(status)));
        assert_eq!(shops[1].api.pay(&paid).await?, 200);
        assert_eq!(shops[1].api.paid_by(&order).await?, Some(order));
        let runs = format!("runs WHERE last_value = {round}");
        assert_eq!(database.count(&runs).await?, 1);
        assert_eq!(database.count("outbox").await?, round);
    }
    assert_eq!(shops[0].api.held().await?, []);
    Ok(())
}
