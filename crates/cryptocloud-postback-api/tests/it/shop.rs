//! A shop with an inbox in SQLite, whose every effect is a row.

use std::{path::Path, time::Duration};

use cryptocloud_postback_api::{
    Api, ApiBuilder, Confirmer, Reconciler, ReconcilerBuilder,
    core::{Expected, OffsetDateTime, UnixTime, testing::PostbackBuilder},
    inbox::{Failure, Handler, Hold, Inbox, InboxBuilder, Payment, Record, State},
};
use cryptocloud_postback_mimic::{Invoice, Mimic};
use cryptocloud_postback_sqlx::{
    SqliteStore,
    sqlx::{self, AssertSqlSafe, SqliteConnection},
};
use tempfile::TempDir;

use crate::{builder, invoice, verified};

/// The server, a folder with the store's file, and the shop's settings.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) server: Mimic,
    pub(crate) store: SqliteStore,
    pub(crate) confirmer: Confirmer,
    pub(crate) inbox: Inbox,
}

/// Credits an order of 25 US dollars. There is no unique index that would hide a second effect.
#[derive(Debug)]
pub(crate) struct Credit;

impl Handler<SqliteConnection> for Credit {
    async fn handle(&self, payment: &Payment, tx: &mut SqliteConnection) -> Result<(), Failure> {
        let expected = Expected::invoice(payment.invoice_id().clone());
        payment.check(&expected.usd("25".parse()?))?;
        sqlx::query("INSERT INTO effects VALUES ($1)")
            .bind(payment.invoice_id().as_str())
            .execute(tx)
            .await?;
        Ok(())
    }
}

pub(crate) async fn store(path: &Path) -> SqliteStore {
    let store = SqliteStore::connect(path).await.expect("a file");
    store.migrate().await.expect("a schema");
    let create = sqlx::query("CREATE TABLE IF NOT EXISTS effects (invoice TEXT NOT NULL)");
    create.execute(store.pool()).await.expect("a table");
    store
}

/// An inbox whose work is done by `run_once`.
pub(crate) fn builder_of(
    project: &str,
    store: &SqliteStore,
    confirmer: &Confirmer,
) -> InboxBuilder<SqliteStore, Credit> {
    let builder = Inbox::builder(project, store.clone(), Credit).workers(0);
    builder.confirm(confirmer.clone())
}

pub(crate) fn inbox(project: &str, store: &SqliteStore, confirmer: &Confirmer) -> Inbox {
    builder_of(project, store, confirmer)
        .build()
        .expect("an inbox")
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// With another API, such as one without retries.
    pub(crate) async fn with(change: impl FnOnce(ApiBuilder) -> ApiBuilder) -> Self {
        let server = Mimic::start().await.expect("a port");
        let api = change(builder(&server)).build().expect("a client");
        let confirmer = confirmer(api);
        let folder = TempDir::new().expect("a folder");
        let store = store(&folder.path().join("inbox.sqlite")).await;
        let inbox = inbox("shop", &store, &confirmer);
        Self {
            folder,
            server,
            store,
            confirmer,
            inbox,
        }
    }

    pub(crate) fn builder(&self) -> ReconcilerBuilder {
        Reconciler::builder(self.inbox.clone(), self.confirmer.clone())
    }

    pub(crate) fn reconciler(&self) -> Reconciler {
        self.builder().build().expect("a reconciler")
    }

    /// Receives a postback, which is worked on at once. Returns the status of the response.
    pub(crate) async fn receive(&self, postback: &PostbackBuilder) -> u16 {
        self.inbox.receive(&verified(postback)).await.status()
    }

    /// Works on all that is stored, also on what is due only later.
    pub(crate) async fn work(&self) {
        self.run("UPDATE cryptocloud_inbox_report SET due_at = 0 WHERE state = 'received'")
            .await;
        self.inbox.run_once().await.expect("a store");
    }

    /// Lets reconciliation have begun so long ago.
    pub(crate) async fn started(&self, seconds_ago: i64) {
        let started = (now() - seconds_ago) * 1_000;
        self.run(&format!(
            "INSERT INTO cryptocloud_inbox_reconciliation (project, started_at, due_at, fence) \
             VALUES ('shop', {started}, 0, 1)"
        ))
        .await;
    }

    pub(crate) async fn run(&self, sql: &str) {
        let query = sqlx::query(AssertSqlSafe(sql));
        query.execute(self.store.pool()).await.expect("a statement");
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let query = sqlx::query_scalar(AssertSqlSafe(sql));
        query
            .fetch_one(self.store.pool())
            .await
            .expect("a statement")
    }

    /// The credited invoices.
    pub(crate) async fn effects(&self) -> Vec<String> {
        let query = sqlx::query_scalar("SELECT invoice FROM effects ORDER BY invoice");
        query
            .fetch_all(self.store.pool())
            .await
            .expect("a statement")
    }

    pub(crate) async fn records(&self, invoice: &str) -> Vec<Record> {
        self.inbox.find(invoice).await.expect("a store")
    }

    /// State and hold of the only report of an invoice.
    pub(crate) async fn record(&self, invoice: &str) -> (State, Option<Hold>) {
        match &self.records(invoice).await[..] {
            [record] => (record.state, record.hold.clone()),
            records => panic!("not one report of {invoice}: {records:?}"),
        }
    }
}

pub(crate) fn confirmer(api: Api) -> Confirmer {
    // Each test sees at once what it changed.
    Confirmer::builder(api)
        .project_id(1)
        .cache(Duration::ZERO)
        .build()
}

/// An invoice that was created and, if it is paid, finished so many seconds ago.
pub(crate) fn dated(id: &str, status: &str, seconds_ago: i64) -> Invoice {
    let mut invoice = invoice(id, status);
    let at = OffsetDateTime::from_unix_timestamp(now() - seconds_ago).expect("a time");
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    let (year, month, day) = date.to_calendar_date();
    let month = u8::from(month);
    let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.5");
    for field in ["created", "date_finished"] {
        if !invoice[field].is_null() {
            invoice[field] = text.clone().into();
        }
    }
    invoice
}

pub(crate) fn now() -> i64 {
    let now = UnixTime::now().expect("a clock");
    i64::try_from(now.as_secs()).expect("a time")
}
