//! A handler that pays an order in a transaction of diesel-async.
#![forbid(unsafe_code)]

use std::fmt;

use cryptocloud_postback::Expected;
use cryptocloud_postback_inbox::{Failure, Handler, Limits, Payment};
use cryptocloud_postback_sqlx::postgres;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, sql_query,
    sql_types::{BigInt, Bool},
};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager,
        deadpool::{BuildError, Pool},
    },
};

use self::schema::{orders, outbox};

/// The shop's orders.
pub struct Orders {
    pool: Pool<AsyncPgConnection>,
}

impl Orders {
    /// Opens a pool. Connections are opened when they are needed.
    ///
    /// # Errors
    ///
    /// Returns an error if the pool cannot be built.
    pub async fn connect(url: &str) -> Result<Self, BuildError> {
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
        let pool = Pool::builder(manager).build()?;
        Ok(Self { pool })
    }
}

impl Handler<()> for Orders {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let mut connection = self.pool.get().await?;
        // Rolls back after an error. If it is dropped, the pool closes the connection.
        connection
            .transaction(async |tx| pay(payment, tx).await)
            .await
    }
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orders").finish_non_exhaustive()
    }
}

async fn pay(payment: &Payment, tx: &mut AsyncPgConnection) -> Result<(), Failure> {
    let claim = payment.claim();
    tx.batch_execute(&postgres::mark(claim, &Limits::default()))
        .await?;

    // The invoice is proven: find the order by it.
    let order: Option<(String, String, String)> = orders::table
        .filter(orders::invoice_id.eq(payment.invoice_id().as_str()))
        .select((orders::id, orders::amount, orders::currency))
        .first(tx)
        .await
        .optional()?;
    let (order, amount, currency) =
        order.ok_or_else(|| Failure::hold("no order has this invoice"))?;
    // All else is only reported: compare it.
    let expected = Expected::invoice(payment.invoice_id().clone())
        .order(order.as_str())
        .currency(currency.parse()?)
        .minimum_paid(amount.parse()?);
    payment.check(&expected)?;
    let paid = diesel::update(orders::table.find(&order))
        .set(orders::paid.eq(true))
        .execute(tx)
        .await?;
    payment.expect_one(u64::try_from(paid)?)?;
    diesel::insert_into(outbox::table)
        .values((outbox::order_id.eq(&order), outbox::message.eq("paid")))
        .execute(tx)
        .await?;

    // The last statement.
    sql_query(postgres::SETTLE)
        .bind::<BigInt, _>(claim.id.number())
        .bind::<BigInt, _>(claim.fence.number())
        .bind::<Bool, _>(false)
        .execute(tx)
        .await?;
    Ok(())
}

mod schema {
    diesel::table! {
        orders (id) {
            id -> Text,
            invoice_id -> Nullable<Text>,
            amount -> Text,
            currency -> Text,
            paid -> Bool,
        }
    }

    diesel::table! {
        outbox (order_id) {
            order_id -> Text,
            message -> Text,
        }
    }
}
