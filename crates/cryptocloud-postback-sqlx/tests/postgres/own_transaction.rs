//! Handlers with a transaction of their own, by the published statements.

use cryptocloud_postback_inbox::{
    Attempt, Failure, Handler, InboxStore, Limits, Payment, Settled, Settles, State,
};
use cryptocloud_postback_sqlx::{
    postgres,
    sqlx::{self, AssertSqlSafe, PgPool, raw_sql},
};

use crate::{
    database::Database,
    shared::{LONG, PAY, TestResult},
};

/// It settles, or forgets to.
struct Own {
    pool: PgPool,
    settles: bool,
}

impl Handler<()> for Own {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let claim = payment.claim();
        let mut connection = self.pool.acquire().await?;
        let begin = postgres::begin(claim, &Limits::default());
        raw_sql(AssertSqlSafe(begin))
            .execute(&mut *connection)
            .await?;
        raw_sql(PAY).execute(&mut *connection).await?;
        if self.settles {
            sqlx::query(postgres::SETTLE)
                .bind(claim.id.number())
                .bind(claim.fence.number())
                .bind(false)
                .execute(&mut *connection)
                .await?;
        }
        raw_sql("COMMIT").execute(&mut *connection).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handler_settles_by_the_published_statements() -> TestResult {
    for settles in [true, false] {
        let Some(database) = Database::new().await else {
            return Ok(());
        };
        let payment = database.payment().await;
        let store = database.store.clone().with_own_transactions();
        let pool = database.store.pool().clone();
        let (limits, handler) = (Limits::default(), Own { pool, settles });
        let settled = store
            .settle(Attempt::new(&handler, &limits, &payment))
            .await;
        if settles {
            assert!(matches!(settled, Settled::Done), "{settled:?}");
            assert_eq!(database.record().await.state, State::Done);
        } else {
            assert!(matches!(settled, Settled::NotSettled), "{settled:?}");
            // The claim is still held, so that the inbox can hold the report.
            store.renew(payment.claim(), LONG).await?;
        }
        assert_eq!(database.paid().await, 1);
    }
    Ok(())
}
