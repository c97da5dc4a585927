//! The steps of a claim on one connection, for the database that the module above names.

use std::time::Duration;

use cryptocloud_postback_inbox::{
    Claim, ClaimId, Conflict, Lease, Owner, Report, StoreErrorKind,
    rules::{Record, Step},
};
use sqlx::query::Query;

use super::{Arguments, Connection, Database};
use crate::{
    decode::{self, ConflictRow, RecordRow},
    error::Failure,
    statements::{Statement, Statements},
    writer::{Write, Written},
};

/// One claim of what nobody has claimed, or one completion.
pub(crate) async fn write(
    connection: &mut Connection,
    statements: &Statements,
    write: &Write,
) -> Result<Written, Failure> {
    match write {
        Write::Claim(report, lease) => {
            let lease = insert_claim(connection, statements, report, *lease).await?;
            Ok(Written::Claim(lease))
        }
        Write::Complete(lease) => {
            let complete = held(&statements.complete, lease);
            let completed = complete.execute(connection).await?;
            Ok(Written::Complete(completed.rows_affected() > 0))
        }
    }
}

/// A claim of what nobody has claimed: the way of almost every payment.
async fn insert_claim(
    connection: &mut Connection,
    statements: &Statements,
    report: &Report,
    lease: Duration,
) -> Result<Option<Lease>, Failure> {
    let owner = Owner::unique();
    let id = ClaimId::from(report);
    // To its end: after the first row SQLite has not committed yet, and can still fail.
    let fences: Vec<(i64,)> = sqlx::query_as(statements.insert_claim.text())
        .bind(id.key().as_slice())
        .bind(id.fingerprint().as_bytes().as_slice())
        .bind(report.key().project())
        .bind(report.key().invoice_id())
        .bind(report.key().status())
        .bind(owner.as_bytes().as_slice())
        .bind(decode::millis(lease))
        .fetch_all(connection)
        .await?;
    let Some((fence,)) = fences.into_iter().next() else {
        return Ok(None);
    };
    let fence = u64::try_from(fence).map_err(|_| Failure::corrupt())?;
    Ok(Some(Lease::new(id, owner, fence)))
}

/// The same as a part of a transaction, which needs no lease.
pub(crate) async fn insert_done(
    connection: &mut Connection,
    statements: &Statements,
    report: &Report,
) -> Result<bool, Failure> {
    let owner = Owner::unique();
    let inserted = query(&statements.insert_done, &ClaimId::from(report))
        .bind(report.key().project())
        .bind(report.key().invoice_id())
        .bind(report.key().status())
        .bind(owner.as_bytes().as_slice())
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(crate) async fn records(
    connection: &mut Connection,
    statement: &Statement,
    id: &ClaimId,
) -> Result<Vec<Record>, Failure> {
    let rows: Vec<RecordRow> = sqlx::query_as(statement.text())
        .bind(id.key().as_slice())
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(decode::record).collect()
}

/// What becomes of a record that a step acquires.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// In flight, for this long.
    Lease(Duration),
    /// Done, when the transaction commits.
    Done,
}

/// Carries out a step on records that are locked; None where the record to acquire is not there yet.
pub(crate) async fn carry_out(
    connection: &mut Connection,
    statements: &Statements,
    (id, report): (&ClaimId, Option<&Report>),
    step: Step,
    goal: Goal,
) -> Result<Option<Claim>, Failure> {
    match step {
        Step::Acquire {
            demote,
            fence,
            lead,
        } => {
            if let Some(fingerprint) = demote {
                // First, as there is one lead at most.
                query(&statements.demote, &ClaimId::new(*id.key(), fingerprint))
                    .execute(&mut *connection)
                    .await?;
            }
            let owner = Owner::unique();
            let statement = match goal {
                Goal::Done => &statements.finish,
                Goal::Lease(_) => &statements.acquire,
            };
            let acquire = query(statement, id)
                .bind(lead)
                .bind(decode::fence(fence))
                .bind(owner.as_bytes().as_slice());
            let acquire = match goal {
                Goal::Done => acquire,
                Goal::Lease(lease) => acquire.bind(decode::millis(lease)),
            };
            let acquired = acquire.execute(connection).await?.rows_affected() == 1;
            Ok(acquired.then(|| Claim::Acquired(Lease::new(*id, owner, fence))))
        }
        Step::Answer(claim) => Ok(Some(claim)),
        Step::Keep => {
            // Only a claim leads to it, and a claim has a report.
            let report = report.ok_or(StoreErrorKind::NotFound)?;
            let kept = query(&statements.keep, id)
                .bind(report.key().project())
                .bind(report.key().invoice_id())
                .bind(report.key().status())
                .bind(report.amount_crypto().to_string())
                .bind(report.currency().as_str())
                .bind(report.order_id())
                .execute(connection)
                .await?;
            Ok((kept.rows_affected() == 1).then_some(Claim::Conflict))
        }
        Step::Refuse(kind) => Err(kind.into()),
    }
}

/// Binds what every change of one record begins with.
pub(crate) fn query<'q>(
    statement: &'q Statement,
    id: &'q ClaimId,
) -> Query<'q, Database, Arguments> {
    sqlx::query(statement.text())
        .bind(id.key().as_slice())
        .bind(id.fingerprint().as_bytes().as_slice())
}

/// Compares owner and fencing number, and sets.
pub(crate) fn held<'q>(
    statement: &'q Statement,
    lease: &'q Lease,
) -> Query<'q, Database, Arguments> {
    query(statement, lease.id())
        .bind(lease.owner().as_bytes().as_slice())
        .bind(decode::fence(lease.fence()))
}

pub(crate) async fn conflict(
    connection: &mut Connection,
    statements: &Statements,
    id: &ClaimId,
) -> Result<Option<Conflict>, Failure> {
    let row: Option<ConflictRow> = sqlx::query_as(statements.conflict.text())
        .bind(id.key().as_slice())
        .bind(id.fingerprint().as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(decode::conflict).transpose()
}

pub(crate) async fn conflicts(
    connection: &mut Connection,
    statements: &Statements,
    project: &str,
    after: Option<&ClaimId>,
    limit: u32,
) -> Result<Vec<Conflict>, Failure> {
    // No bytes come before all others.
    let (key, fingerprint): (&[u8], &[u8]) = match after {
        Some(id) => (id.key(), id.fingerprint().as_bytes()),
        None => (&[], &[]),
    };
    let rows: Vec<ConflictRow> = sqlx::query_as(statements.conflicts.text())
        .bind(project)
        .bind(key)
        .bind(fingerprint)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(decode::conflict).collect()
}
