use std::time::Duration;

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{sync::watch, time};

/// Tells the open pages that something has changed.
#[derive(Clone, Debug, Default)]
pub struct Changes(watch::Sender<Change>);

/// How often something has changed, and whether it was the last time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    pub(crate) count: u64,
    pub(crate) is_last: bool,
}

impl Changes {
    /// Watches a database until the end: also what the worker and other processes commit to it.
    pub async fn follow(self, database: SqliteConnectOptions) {
        while !self.0.borrow().is_last {
            if let Err(error) = self.compare(&database).await {
                tracing::warn!(%error, "page shows no changes of the database");
            }
            time::sleep(PAUSE).await;
        }
    }

    async fn compare(&self, database: &SqliteConnectOptions) -> sqlx::Result<()> {
        let mut connection = SqliteConnection::connect_with(database).await?;
        let mut before = None;
        loop {
            // Changes if another connection has committed.
            let version: i64 = sqlx::query_scalar("PRAGMA data_version")
                .fetch_one(&mut connection)
                .await?;
            if before.replace(version) != Some(version) {
                self.tell();
            }
            if self.0.borrow().is_last {
                return Ok(());
            }
            time::sleep(PAUSE).await;
        }
    }

    pub(crate) fn tell(&self) {
        self.0.send_modify(|change| change.count += 1);
    }

    /// Ends all streams of events, now and later: a server that shuts down waits for them.
    pub fn end(&self) {
        self.0.send_modify(|change| change.is_last = true);
    }

    /// Starts with a change, so that a new page asks for its content.
    pub(crate) fn watch(&self) -> watch::Receiver<Change> {
        let mut watcher = self.0.subscribe();
        watcher.mark_changed();
        watcher
    }
}

/// Between two looks at the database, which sends no event.
const PAUSE: Duration = Duration::from_millis(100);
