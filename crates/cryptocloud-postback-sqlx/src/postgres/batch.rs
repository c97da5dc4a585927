//! Many claims in one statement, or many completions.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use cryptocloud_postback_inbox::{ClaimId, Key, Lease, Owner};
use sqlx::PgPool;

use super::steps;
use crate::{
    TableName, decode,
    error::Failure,
    statements::{Statement, Statements},
    writer::{Backend, Write, Written},
};

pub(crate) struct Batch {
    claim: Statement,
    complete: Statement,
    pool: PgPool,
    statements: Arc<Statements>,
}

impl Batch {
    pub(crate) fn new(pool: PgPool, statements: Arc<Statements>, table: &TableName) -> Self {
        Self {
            claim: Statement::new(CLAIM, table),
            complete: Statement::new(COMPLETE, table),
            pool,
            statements,
        }
    }

    async fn claim(&self, asked: &[Asked<'_>]) -> Result<Vec<Option<Written>>, Failure> {
        // In the order in which all lock, and one of each key: whoever has locked its records can wait
        // for the first, and would be waited for by the second. Of the others somebody is first anyway.
        let by_key: BTreeMap<_, _> = asked.iter().rev().map(|one| (one.id.key(), one)).collect();
        let rows: Vec<&Asked<'_>> = by_key.into_values().collect();
        let granted: Vec<LeaseRow> = sqlx::query_as(self.claim.text())
            .bind(column(&rows, |one| one.id.key().as_slice()))
            .bind(column(&rows, |one| {
                one.id.fingerprint().as_bytes().as_slice()
            }))
            .bind(column(&rows, |one| one.key.project()))
            .bind(column(&rows, |one| one.key.invoice_id()))
            .bind(column(&rows, |one| one.key.status()))
            .bind(column(&rows, |one| one.owner.as_bytes().as_slice()))
            .bind(column(&rows, |one| decode::millis(one.lease)))
            .fetch_all(&self.pool)
            .await?;
        let fences: HashMap<Vec<u8>, i64> = granted.into_iter().collect();
        let fence = |one: &Asked<'_>| fences.get(one.owner.as_bytes().as_slice());
        let written = |one| Ok(Some(Written::Claim(Asked::lease(one, fence(one))?)));
        asked.iter().map(written).collect()
    }

    async fn complete(&self, leases: &[&Lease]) -> Result<Vec<Option<Written>>, Failure> {
        let completed: Vec<LeaseRow> = sqlx::query_as(self.complete.text())
            .bind(column(leases, |lease| lease.id().key().as_slice()))
            .bind(column(leases, |lease| {
                lease.id().fingerprint().as_bytes().as_slice()
            }))
            .bind(column(leases, |lease| lease.owner().as_bytes().as_slice()))
            .bind(column(leases, |lease| decode::fence(lease.fence())))
            .fetch_all(&self.pool)
            .await?;
        let completed: HashSet<LeaseRow> = completed.into_iter().collect();
        let written = |lease: &&Lease| {
            let row = (
                lease.owner().as_bytes().to_vec(),
                decode::fence(lease.fence()),
            );
            // The others may be stale, or just locked.
            completed.contains(&row).then_some(Written::Complete(true))
        };
        Ok(leases.iter().map(written).collect())
    }
}

impl Backend for Batch {
    /// One transaction that claims and completes could wait for another that waits for it.
    const MIXES: bool = false;

    async fn alone(&self, write: &Write) -> Result<Written, Failure> {
        let mut connection = self.pool.acquire().await?;
        steps::write(&mut connection, &self.statements, write).await
    }

    async fn together(&self, writes: &[Write]) -> Vec<Option<Written>> {
        let asked: Vec<Asked<'_>> = writes.iter().filter_map(Asked::new).collect();
        let leases: Vec<&Lease> = writes.iter().filter_map(lease_of).collect();
        let written = match asked.is_empty() {
            true => self.complete(&leases).await,
            false => self.claim(&asked).await,
        };
        written.unwrap_or_else(|_| writes.iter().map(|_| None).collect())
    }
}

struct Asked<'a> {
    id: ClaimId,
    key: &'a Key,
    lease: Duration,
    owner: Owner,
}

impl<'a> Asked<'a> {
    fn new(write: &'a Write) -> Option<Self> {
        let Write::Claim(report, lease) = write else {
            return None;
        };
        Some(Self {
            id: report.into(),
            key: report.key(),
            lease: *lease,
            owner: Owner::unique(),
        })
    }

    fn lease(&self, fence: Option<&i64>) -> Result<Option<Lease>, Failure> {
        let Some(fence) = fence else {
            return Ok(None);
        };
        let fence = u64::try_from(*fence).map_err(|_| Failure::corrupt())?;
        Ok(Some(Lease::new(self.id, self.owner, fence)))
    }
}

fn lease_of(write: &Write) -> Option<&Lease> {
    match write {
        Write::Claim(..) => None,
        Write::Complete(lease) => Some(lease),
    }
}

/// An array for a parameter.
fn column<'a, R, T>(rows: &[&'a R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(|row| value(row)).collect()
}

/// Owner and fence, which name a lease.
type LeaseRow = (Vec<u8>, i64);

/// Arrays of key, fingerprint, project, invoice, status, owner, milliseconds.
///
/// In one order, so that no two batches wait for each other: both unique indexes begin with the key.
/// One whom somebody keeps waiting, such as a merchant's transaction, must not keep the others waiting
/// for long.
const CLAIM: &str = "INSERT INTO cryptocloud_inbox (key_digest, fingerprint, project, invoice_id, status, \
     state, lead, fence, owner, lease_until, changed_at) \
     SELECT asked.key_digest, asked.fingerprint, asked.project, asked.invoice_id, asked.status, \
     1, TRUE, coalesce((SELECT max(known.fence) FROM cryptocloud_inbox AS known \
     WHERE known.key_digest = asked.key_digest), 0) + 1, asked.owner, \
     clock_timestamp() + asked.millis * interval '1 millisecond', clock_timestamp() \
     FROM (SELECT set_config('lock_timeout', '100ms', TRUE)) AS until_commit, \
     unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[]) \
     AS asked (key_digest, fingerprint, project, invoice_id, status, owner, millis) \
     ORDER BY asked.key_digest ON CONFLICT DO NOTHING RETURNING owner, fence";

/// Arrays of key, fingerprint, owner, fence.
///
/// What others are at is skipped, and so waits for nobody.
const COMPLETE: &str = "UPDATE cryptocloud_inbox SET state = 2, changed_at = clock_timestamp() \
     WHERE ctid = ANY (ARRAY(SELECT held.ctid \
     FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[]) \
     AS asked (key_digest, fingerprint, owner, fence) \
     CROSS JOIN LATERAL (SELECT ctid FROM cryptocloud_inbox AS record \
     WHERE record.key_digest = asked.key_digest AND record.fingerprint = asked.fingerprint \
     AND record.owner = asked.owner AND record.fence = asked.fence AND record.state IN (1, 2) \
     FOR UPDATE SKIP LOCKED) AS held)) RETURNING owner, fence";
