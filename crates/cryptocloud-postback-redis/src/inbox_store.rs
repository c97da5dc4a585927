use std::{error, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback::UnixTime;
use cryptocloud_postback_inbox::{
    Accepted, Begin, Claim, ClaimQuery, Claimed, Counts, Decided, Decision, Fence, Hold, HoldKind,
    InboxStore, Purge, Receipt, Record, Report, ReportId, Start, State, StoreError, StoreErrorKind,
    Turn, transition::MAX_REPORTS,
};

use crate::{
    RedisStore,
    call::{Call, micros},
    error::Sent,
    keys,
    record::{self, HistoryRow, Row},
};

#[async_trait]
impl InboxStore for RedisStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.check_server().await
    }

    async fn now(&self) -> Result<UnixTime, StoreError> {
        let (seconds, _): (u64, u64) = self
            .connection()
            .run(Sent::Nothing, async |connection| {
                redis::cmd("TIME").query_async(connection).await
            })
            .await?;
        Ok(UnixTime::from_secs(seconds))
    }

    async fn receive(&self, report: &Report, start: Start) -> Result<Receipt, StoreError> {
        let fence = Fence::first();
        let lease = match start {
            Start::Claimed(lease) => Some(micros(lease)),
            Start::Stored => None,
        };
        let hold = report.is_unidentified.then_some(HoldKind::Unidentified);
        let mut reply = Call::report(self, &self.scripts().receive, report, fence)
            .arg("max_reports", MAX_REPORTS)
            .maybe("lease", lease)
            .maybe("hold", hold.map(HoldKind::as_str))
            // The second time the report is known.
            .repeatable()
            .run()
            .await?;
        let id = ReportId::from_number(reply.value()?);
        let state: String = reply.value()?;
        let state = State::from_name(&state).ok_or(StoreErrorKind::Corrupt)?;
        let is_new = reply.word() == "new";
        if !is_new || state != State::Running {
            return Ok(Receipt::Stored { id, state, is_new });
        }
        Ok(Receipt::Claimed(Claim {
            id,
            fence,
            report: report.clone(),
            age: Duration::ZERO,
            lag: Duration::ZERO,
            attempt: 1,
            accepted: None,
        }))
    }

    async fn reconcile(
        &self,
        report: &Report,
        rest: Option<&Hold>,
    ) -> Result<ReportId, StoreError> {
        let mut reply = Call::report(self, &self.scripts().reconcile, report, Fence::first())
            .arg("unconfirmed", HoldKind::Unconfirmed.as_str())
            .maybe("rest", rest.map(|hold| hold.kind.as_str()))
            .maybe("reason", rest.map(|hold| &*hold.reason))
            .run()
            .await?;
        reply.value().map(ReportId::from_number)
    }

    async fn begin_reconciliation(
        &self,
        project: &str,
        lease: Duration,
        begin: Begin,
    ) -> Result<Option<Turn>, StoreError> {
        let mut reply = Call::write(self, &self.scripts().begin_reconciliation, project)
            .arg("lease", micros(lease))
            .arg("fence", Fence::first().number())
            .maybe("now", (begin == Begin::Now).then_some(1))
            .run()
            .await?;
        if reply.word() == "none" {
            return Ok(None);
        }
        Ok(Some(Turn {
            project: project.into(),
            started_at: UnixTime::from_secs(reply.value()?),
            fence: Fence::from_number(reply.value()?),
            cursor: reply.value::<Option<u64>>()?.map(UnixTime::from_secs),
        }))
    }

    async fn end_reconciliation(
        &self,
        turn: &Turn,
        cursor: Option<UnixTime>,
        next: Duration,
    ) -> Result<(), StoreError> {
        let call = Call::write(self, &self.scripts().end_reconciliation, &turn.project)
            .arg("fence", turn.fence.number())
            .maybe("cursor", cursor.map(UnixTime::as_secs))
            .arg("next", micros(next));
        call.run().await.map(drop)
    }

    async fn claim(&self, project: &str, query: ClaimQuery) -> Result<Claimed, StoreError> {
        let mut reply = Call::write(self, &self.scripts().claim, project)
            .arg("limit", query.limit)
            .arg("lease", micros(query.lease))
            .arg("retry_span", micros(query.retry_span))
            .arg("used_up", HoldKind::AttemptsUsedUp.as_str())
            .run()
            .await?;
        let rows: Vec<Row> = reply.value()?;
        let used_up: Vec<i64> = reply.value()?;
        let mut claimed = Claimed {
            used_up: used_up.into_iter().map(ReportId::from_number).collect(),
            ..Claimed::default()
        };
        for row in &rows {
            match record::claim(project, row) {
                Ok(claim) => claimed.claims.push(claim),
                // It must not stop the others. In the end it is held, as it keeps failing.
                Err(error) => {
                    let error = &error as &dyn error::Error;
                    tracing::error!(project, error, "payment in redis cannot be read");
                }
            }
        }
        Ok(claimed)
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        let call = Call::fenced(self, &self.scripts().renew, claim);
        call.arg("lease", micros(lease)).run().await.map(drop)
    }

    async fn hold(&self, claim: &Claim, hold: &Hold) -> Result<(), StoreError> {
        let call = Call::fenced(self, &self.scripts().hold, claim)
            .arg("hold", hold.kind.as_str())
            .arg("reason", &*hold.reason);
        call.run().await.map(drop)
    }

    async fn fail(&self, claim: &Claim, error: &str, delay: Duration) -> Result<(), StoreError> {
        let call = Call::fenced(self, &self.scripts().fail, claim)
            .arg("error", error)
            .arg("delay", micros(delay));
        call.run().await.map(drop)
    }

    async fn postpone(
        &self,
        claim: &Claim,
        reason: &str,
        delay: Duration,
    ) -> Result<(), StoreError> {
        let call = Call::fenced(self, &self.scripts().postpone, claim)
            .arg("error", reason)
            .arg("delay", micros(delay));
        call.run().await.map(drop)
    }

    async fn promote(&self, project: &str, limit: u32) -> Result<Vec<ReportId>, StoreError> {
        let call = Call::write(self, &self.scripts().promote, project).arg("limit", limit);
        let ids: Vec<i64> = call.run().await?.value()?;
        Ok(ids.into_iter().map(ReportId::from_number).collect())
    }

    async fn accept(
        &self,
        project: &str,
        id: ReportId,
        accepted: &Accepted,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let call = Call::decision(self, &self.scripts().accept, project, id, decision)
            .arg("amount", accepted.amount().to_string())
            .maybe("order_id", accepted.order_id());
        call.run().await.map(drop)
    }

    async fn retry(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let call = Call::decision(self, &self.scripts().retry, project, id, decision);
        call.run().await.map(drop)
    }

    async fn discard(
        &self,
        project: &str,
        id: ReportId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let call = Call::decision(self, &self.scripts().discard, project, id, decision);
        call.run().await.map(drop)
    }

    async fn get(&self, project: &str, id: ReportId) -> Result<Option<Record>, StoreError> {
        let call = Call::read(self, &self.scripts().get, project).arg("id", id.number());
        match call.run().await {
            Ok(mut reply) => record::record(project, &reply.value()?).map(Some),
            Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn find(&self, project: &str, invoice_id: &str) -> Result<Vec<Record>, StoreError> {
        let mut reply = Call::read(self, &self.scripts().find, project)
            .arg("invoice_index", keys::invoice_index(invoice_id))
            .arg("identity", keys::invoice(invoice_id))
            .run()
            .await?;
        let mut records = records(project, &reply.value::<Vec<Row>>()?)?;
        records.sort_by_key(|record| record.id);
        Ok(records)
    }

    async fn list(
        &self,
        project: &str,
        state: State,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let after = after.map_or(0, |id| id.number().max(0));
        let rows = if state.is_final() {
            self.list_settled(project, state, after, limit).await?
        } else {
            let mut reply = Call::read(self, &self.scripts().list, project)
                .arg("state", state.as_str())
                .arg("after", after)
                .arg("limit", limit)
                .run()
                .await?;
            reply.value()?
        };
        records(project, &rows)
    }

    async fn counts(&self, project: &str) -> Result<Counts, StoreError> {
        let mut reply = Call::read(self, &self.scripts().counts, project)
            .run()
            .await?;
        Ok(Counts {
            received: reply.value()?,
            running: reply.value()?,
            failed: reply.value()?,
            held: reply.value()?,
            conflict: reply.value()?,
        })
    }

    async fn oldest_unfinished(&self, project: &str) -> Result<Option<Duration>, StoreError> {
        let call = Call::read(self, &self.scripts().oldest_unfinished, project);
        let micros: Option<u64> = call.run().await?.value()?;
        Ok(micros.map(Duration::from_micros))
    }

    async fn history(&self, project: &str, id: ReportId) -> Result<Vec<Decided>, StoreError> {
        let call = Call::read(self, &self.scripts().history, project).arg("id", id.number());
        let rows: Vec<HistoryRow> = call.run().await?.value()?;
        rows.into_iter().map(record::decided).collect()
    }

    async fn purge(
        &self,
        project: &str,
        age: Duration,
        purge: Purge,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let call = Call::write(self, &self.scripts().purge, project)
            .arg("age", micros(age))
            .arg("limit", limit)
            .maybe("forget", (purge == Purge::Identity).then_some(1));
        call.run().await?.value()
    }
}

impl RedisStore {
    /// Reports that are done or discarded are found page by page.
    async fn list_settled(
        &self,
        project: &str,
        state: State,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        let mut after = after.to_string();
        loop {
            let missing =
                u64::from(limit).saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
            if missing == 0 {
                return Ok(rows);
            }
            let mut reply = Call::read(self, &self.scripts().list_settled, project)
                .arg("state", state.as_str())
                .arg("after", &after)
                .arg("limit", missing)
                .arg("page", PAGE)
                .run()
                .await?;
            rows.extend(reply.value::<Vec<Row>>()?);
            match reply.value::<Option<String>>()? {
                Some(next) => after = next,
                None => return Ok(rows),
            }
        }
    }
}

fn records(project: &str, rows: &[Row]) -> Result<Vec<Record>, StoreError> {
    rows.iter()
        .map(|row| record::record(project, row))
        .collect()
}

/// Entries of the log that one call reads.
const PAGE: u32 = 500;
