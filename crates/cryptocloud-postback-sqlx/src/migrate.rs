use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use sqlx::SqlSafeStr;
use tokio::time::Instant;

use crate::{
    connection::{START_DEADLINE, Work, retry, retry_locked},
    dialect::Dialect,
    error::Fault,
    row::corrupt,
    store::SqlStore,
};

/// A step of the schema, for tools of your own that run migrations.
///
/// Run each in one transaction, in the order of numbers. Each writes its number into the version
/// table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Migration {
    /// The version that it leads to, from 1.
    pub number: u32,
    /// The statements.
    pub sql: &'static str,
}

impl Migration {
    pub(crate) const fn new(number: u32, sql: &'static str) -> Self {
        Self { number, sql }
    }
}

impl<DB: Dialect, Tx> SqlStore<DB, Tx> {
    /// Runs the migrations that are missing. It needs a role that may create the schema; nothing
    /// else here does.
    ///
    /// It may run twice, in several processes at once, and while payments arrive: on PostgreSQL it
    /// waits at most 200 ms for a lock, and then tries again, for a minute.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails: `TimedOut` if another transaction is in the way
    /// for a minute, `SchemaTooNew` if a newer program has migrated, or as in
    /// [`InboxStore`](cryptocloud_postback_inbox::InboxStore).
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let deadline = Instant::now() + START_DEADLINE;
        retry_locked(deadline, || self.try_migrate(deadline)).await?;
        self.check_version().await
    }

    /// The version of the schema: the number of the last migration, or 0 if there is none.
    ///
    /// # Errors
    ///
    /// Returns an error if the database call fails, as in
    /// [`InboxStore`](cryptocloud_postback_inbox::InboxStore).
    pub async fn schema_version(&self) -> Result<u32, StoreError> {
        Ok(retry(|| self.version()).await?.unwrap_or(0))
    }

    pub(crate) async fn check_version(&self) -> Result<(), StoreError> {
        let newest = newest::<DB>();
        match retry(|| self.version()).await? {
            None => Err(StoreErrorKind::SchemaMissing.into()),
            Some(version) if version < newest => Err(StoreErrorKind::SchemaTooOld.into()),
            // Migrations only add, so this version can use the next schema, during a rolling
            // update. What comes after that, it cannot know.
            Some(version) if version > newest + 1 => Err(StoreErrorKind::SchemaTooNew.into()),
            Some(_) => Ok(()),
        }
    }

    /// `None` if there is no schema.
    async fn version(&self) -> Result<Option<u32>, Fault> {
        let statements = DB::statements();
        let mut rows = self.read(&statements.version_tables, &[]).await?;
        if rows.pop().ok_or_else(corrupt)?.int()? == 0 {
            return Ok(None);
        }
        let mut rows = self.read(&statements.version, &[]).await?;
        let version = u32::try_from(rows.pop().ok_or_else(corrupt)?.int()?);
        version.map(Some).map_err(|_| corrupt())
    }

    async fn try_migrate(&self, deadline: Instant) -> Result<(), Fault> {
        // Without the lock: what is done has to wait for no one.
        if self.version().await?.unwrap_or(0) >= newest::<DB>() {
            return Ok(());
        }
        let (_turn, mut connection) = self.writer(deadline).await?;
        let mut work = connection
            .begin(DB::BEGIN_MIGRATION.into_sql_str(), deadline)
            .await?;
        let migrated = migrate_locked(&mut work).await;
        work.end(migrated).await
    }
}

async fn migrate_locked<DB: Dialect>(work: &mut Work<'_, DB>) -> Result<(), Fault> {
    let statements = DB::statements();
    let mut rows = work.fetch(&statements.version_tables, &[]).await?;
    let mut version = 0;
    if rows.pop().ok_or_else(corrupt)?.int()? > 0 {
        let mut rows = work.fetch(&statements.version, &[]).await?;
        version = rows.pop().ok_or_else(corrupt)?.int()?;
    }
    let missing = DB::MIGRATIONS
        .iter()
        .filter(|migration| i64::from(migration.number) > version);
    for migration in missing {
        work.run(migration.sql).await?;
    }
    Ok(())
}

fn newest<DB: Dialect>() -> u32 {
    DB::MIGRATIONS
        .last()
        .map_or(0, |migration| migration.number)
}
