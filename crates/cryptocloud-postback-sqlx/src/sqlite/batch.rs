//! Many claims and completions in one commit: it is the flush that takes the time.

use std::sync::Arc;

use sqlx::SqlitePool;

use super::{steps, store};
use crate::{
    error::Failure,
    statements::Statements,
    writer::{Backend, Write, Written},
};

pub(crate) struct Batch {
    pool: SqlitePool,
    statements: Arc<Statements>,
}

impl Batch {
    pub(crate) fn new(pool: SqlitePool, statements: Arc<Statements>) -> Self {
        Self { pool, statements }
    }

    /// All or nothing: where one fails, none is written.
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, Failure> {
        let mut transaction = store::begin(&self.pool).await?;
        let mut written = Vec::with_capacity(writes.len());
        for write in writes {
            written.push(steps::write(&mut transaction, &self.statements, write).await?);
        }
        transaction.commit().await?;
        Ok(written)
    }
}

impl Backend for Batch {
    const MIXES: bool = true;

    async fn alone(&self, write: &Write) -> Result<Written, Failure> {
        let mut connection = self.pool.acquire().await?;
        steps::write(&mut connection, &self.statements, write).await
    }

    async fn together(&self, writes: &[Write]) -> Vec<Option<Written>> {
        match self.commit(writes).await {
            Ok(written) => written.into_iter().map(Some).collect(),
            Err(_) => writes.iter().map(|_| None).collect(),
        }
    }
}
