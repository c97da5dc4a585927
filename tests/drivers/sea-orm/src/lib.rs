//! A handler that pays an order in a transaction of SeaORM.
#![forbid(unsafe_code)]

use cryptocloud_postback::Expected;
use cryptocloud_postback_inbox::{Failure, Handler, Limits, Payment};
use cryptocloud_postback_sqlx::postgres;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait,
};

/// The shop's orders.
#[derive(Debug)]
pub struct Orders {
    database: DatabaseConnection,
}

impl Orders {
    /// Connects to the database.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is wrong or the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, DbErr> {
        let database = Database::connect(url).await?;
        Ok(Self { database })
    }
}

impl Handler<()> for Orders {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let claim = payment.claim();
        // Rolls back if it is dropped without a commit.
        let tx = self.database.begin().await?;
        tx.execute_unprepared(&postgres::mark(claim, &Limits::default()))
            .await?;

        // The invoice is proven: find the order by it.
        let find = "SELECT id, amount, currency FROM orders WHERE invoice_id = $1";
        let find = statement(find, [payment.invoice_id().as_str().into()]);
        let order = tx.query_one_raw(find).await?;
        let order = order.ok_or_else(|| Failure::hold("no order has this invoice"))?;
        let (order, amount, currency): (String, String, String) = order.try_get_many_by_index()?;
        // All else is only reported: compare it.
        let expected = Expected::invoice(payment.invoice_id().clone())
            .order(order.as_str())
            .currency(currency.parse()?)
            .minimum_paid(amount.parse()?);
        payment.check(&expected)?;
        let pay = "UPDATE orders SET paid = TRUE WHERE id = $1";
        let paid = tx
            .execute_raw(statement(pay, [order.clone().into()]))
            .await?;
        payment.expect_one(paid.rows_affected())?;
        let send = "INSERT INTO outbox (order_id, message) VALUES ($1, 'paid')";
        tx.execute_raw(statement(send, [order.into()])).await?;

        // The last statement.
        let params = [
            claim.id.number().into(),
            claim.fence.number().into(),
            false.into(),
        ];
        tx.execute_raw(statement(postgres::SETTLE, params)).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn statement<const N: usize>(sql: &str, params: [sea_orm::Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, params)
}
