use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback_inbox::{
    Claim, ClaimId, ClaimIdError, Conflict, InboxStore, Lease, Owner, Report, StoreError,
    StoreErrorKind, rules::MAX_CONFLICTS,
};
use redis::{Client, Script, ScriptInvocation};

use crate::{
    RedisStoreBuilder,
    answer::{self, Answer, ConflictAnswer},
    connection::Connection,
    scripts::Scripts,
};

/// Claims in Redis 6 or newer, on one server without a cluster.
///
/// **A cache of claims and no proof**: what the server forgets, in a restart, a failover or an eviction,
/// is processed again.
/// Keep a unique index on the invoice in your own tables.
///
/// A clone costs a few `Arc`s.
#[derive(Clone, Debug)]
pub struct RedisStore {
    connection: Connection,
    prefix: Arc<str>,
    scripts: Arc<Scripts>,
}

impl RedisStore {
    /// Connects with the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// Those of the server.
    pub async fn connect(client: Client) -> Result<Self, StoreError> {
        Self::builder(client).connect().await
    }

    /// Starts with the server's address.
    pub fn builder(client: Client) -> RedisStoreBuilder {
        RedisStoreBuilder::new(client)
    }

    pub(crate) fn with_connection(connection: Connection, prefix: String) -> Self {
        Self {
            connection,
            prefix: prefix.into(),
            scripts: Arc::new(Scripts::new()),
        }
    }

    /// Logs a warning where the server may evict claims, and returns its `maxmemory-policy` then.
    ///
    /// # Errors
    ///
    /// Those of the server.
    pub async fn check_settings(&self) -> Result<Option<String>, StoreError> {
        // Unlike CONFIG, hosted servers allow INFO.
        let info: String = self
            .connection
            .run(async |mut connection| {
                redis::cmd("INFO")
                    .arg("memory")
                    .query_async(&mut connection)
                    .await
            })
            .await?;
        let policy = info
            .lines()
            .find_map(|line| line.trim().strip_prefix("maxmemory_policy:"))
            .unwrap_or("unknown");
        if policy == "noeviction" {
            return Ok(None);
        }
        tracing::warn!(
            "redis may forget which payments were processed: maxmemory-policy is {policy}"
        );
        Ok(Some(policy.to_owned()))
    }

    /// Begins with what the scripts' prelude reads.
    fn prepare<'a>(&self, script: &'a Script, id: &ClaimId) -> ScriptInvocation<'a> {
        let text = id.to_string();
        // There is a hyphen between the two digests.
        let (key, fingerprint) = text.split_once('-').unwrap_or_default();
        let mut invocation = script.key(format!("{}claim:{key}", self.prefix));
        invocation.arg(&*self.prefix).arg(key).arg(fingerprint);
        invocation
    }

    async fn invoke<T: redis::FromRedisValue>(
        &self,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.connection
            .run(async |mut connection| invocation.invoke_async(&mut connection).await)
            .await
    }

    /// Runs a script that compares owner and fencing number.
    async fn change(
        &self,
        script: &Script,
        lease: &Lease,
        duration: Option<Duration>,
    ) -> Result<(), StoreError> {
        let mut invocation = self.prepare(script, lease.id());
        invocation
            .arg(lease.owner().to_string())
            .arg(lease.fence())
            .arg(duration.map(millis));
        let answer: Answer = self.invoke(&invocation).await?;
        answer::change(&answer)
    }
}

#[async_trait]
impl InboxStore for RedisStore {
    async fn claim(&self, report: &Report, lease: Duration) -> Result<Claim, StoreError> {
        let (id, owner) = (ClaimId::from(report), Owner::unique());
        let mut invocation = self.prepare(&self.scripts.claim, &id);
        invocation
            .arg(report.key().project())
            .arg(report.key().invoice_id())
            .arg(report.key().status())
            .arg(owner.to_string())
            .arg(millis(lease))
            .arg(report.amount_crypto().to_string())
            .arg(report.currency().as_str())
            .arg(MAX_CONFLICTS)
            .arg(report.order_id());
        let answer: Answer = self.invoke(&invocation).await?;
        answer::claim(&answer, &id, owner)
    }

    async fn complete(&self, lease: &Lease) -> Result<(), StoreError> {
        self.change(&self.scripts.complete, lease, None).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.change(&self.scripts.release, lease, None).await
    }

    async fn renew(&self, lease: &Lease, duration: Duration) -> Result<(), StoreError> {
        self.change(&self.scripts.renew, lease, Some(duration))
            .await
    }

    async fn purge(&self, project: &str, age: Duration, limit: u32) -> Result<u64, StoreError> {
        let mut invocation = self
            .scripts
            .purge
            .key(format!("{}settled:{project}", self.prefix));
        invocation.arg(&*self.prefix).arg(millis(age)).arg(limit);
        self.invoke(&invocation).await
    }

    async fn conflicts(
        &self,
        project: &str,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<Conflict>, StoreError> {
        let index = format!("{}open:{project}", self.prefix);
        let after = after.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
        let ids: Vec<String> = self
            .connection
            .run(async |mut connection| {
                redis::cmd("ZRANGEBYLEX")
                    .arg(index)
                    .arg(after)
                    .arg("+")
                    .arg("LIMIT")
                    .arg(0)
                    .arg(limit)
                    .query_async(&mut connection)
                    .await
            })
            .await?;
        let mut conflicts = Vec::with_capacity(ids.len());
        for id in ids {
            let id = id.parse().map_err(corrupt)?;
            // One that was settled meanwhile is none any more.
            conflicts.extend(self.conflict(&id).await?);
        }
        Ok(conflicts)
    }

    async fn conflict(&self, id: &ClaimId) -> Result<Option<Conflict>, StoreError> {
        let invocation = self.prepare(&self.scripts.conflict, id);
        let fields: ConflictAnswer = self.invoke(&invocation).await?;
        answer::conflict(fields, id)
    }

    async fn accept(&self, id: &ClaimId, lease: Duration) -> Result<Claim, StoreError> {
        let owner = Owner::unique();
        let mut invocation = self.prepare(&self.scripts.accept, id);
        invocation.arg(owner.to_string()).arg(millis(lease));
        let answer: Answer = self.invoke(&invocation).await?;
        answer::claim(&answer, id, owner)
    }

    async fn discard(&self, id: &ClaimId) -> Result<(), StoreError> {
        let invocation = self.prepare(&self.scripts.discard, id);
        let answer: Answer = self.invoke(&invocation).await?;
        answer::change(&answer)
    }
}

fn corrupt(error: ClaimIdError) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, error)
}

/// At most a hundred years, which Lua can still add to a time without losing a digit.
fn millis(duration: Duration) -> u64 {
    const CENTURY: u64 = 100 * 365 * 86_400 * 1_000;
    u64::try_from(duration.as_millis()).map_or(CENTURY, |millis| millis.min(CENTURY))
}
