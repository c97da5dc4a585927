use std::time::Duration;

use cryptocloud_postback::TraceContext;
use cryptocloud_postback_inbox::{Claim, Decision, Fence, Report, ReportId, StoreError};
use redis::{Script, ScriptInvocation, ToRedisArgs, Value};

use crate::{RedisStore, connection::Failed, epochs::Seen, error::Sent, keys, reply::Reply};

/// One call of a script, with named arguments.
#[must_use]
pub(crate) struct Call<'a> {
    store: &'a RedisStore,
    project: &'a str,
    script: ScriptInvocation<'a>,
    sent: Sent,
}

impl<'a> Call<'a> {
    /// A call that may change something.
    pub(crate) fn write(store: &'a RedisStore, script: &'a Script, project: &'a str) -> Self {
        let base = keys::base(&store.options().prefix, project);
        let call = Self {
            store,
            project,
            script: script.key(base),
            sent: Sent::Write,
        };
        call.arg("expire_after", micros(store.options().expire_after))
    }

    /// A call that only reads.
    pub(crate) fn read(store: &'a RedisStore, script: &'a Script, project: &'a str) -> Self {
        Self {
            sent: Sent::Nothing,
            ..Self::write(store, script, project)
        }
    }

    /// A move of the worker that holds the claim.
    pub(crate) fn fenced(store: &'a RedisStore, script: &'a Script, claim: &'a Claim) -> Self {
        let identity = &claim.report.identity;
        Self::write(store, script, identity.project())
            .arg("identity", keys::identity(identity))
            .arg("id", claim.id.number())
            .arg("fence", claim.fence.number())
    }

    /// A call that changes nothing if it has been made before.
    pub(crate) fn repeatable(self) -> Self {
        Self {
            sent: Sent::Repeatable,
            ..self
        }
    }

    /// An operator's decision.
    pub(crate) fn decision(
        store: &'a RedisStore,
        script: &'a Script,
        project: &'a str,
        id: ReportId,
        decision: &Decision,
    ) -> Self {
        Self::write(store, script, project)
            .arg("id", id.number())
            .arg("by", &*decision.by)
            .maybe("note", decision.note.as_deref())
    }

    /// A new report.
    pub(crate) fn report(
        store: &'a RedisStore,
        script: &'a Script,
        report: &'a Report,
        fence: Fence,
    ) -> Self {
        let Report {
            identity, fields, ..
        } = report;
        let trace = report.trace.as_ref();
        let index = identity.transactions();
        let index = index.map(|_| keys::invoice_index(identity.invoice_id().as_str()));
        let fingerprint = report.fingerprint.as_ref();
        let currency = fields.currency.as_ref();
        Self::write(store, script, identity.project())
            .arg("identity", keys::identity(identity))
            .arg("source", report.source.as_str())
            .arg("fence", fence.number())
            .maybe(
                "fingerprint",
                fingerprint.map(|digest| digest.as_bytes().as_slice()),
            )
            .maybe(
                "amount",
                fields.amount_crypto.map(|amount| amount.to_string()),
            )
            .maybe("currency", currency.map(|currency| currency.as_str()))
            .maybe("order_id", fields.order_id.as_deref())
            .maybe("invoice_info", fields.invoice_info.as_deref())
            .maybe("traceparent", trace.map(TraceContext::traceparent))
            .maybe("tracestate", trace.and_then(TraceContext::tracestate))
            .maybe("invoice_index", index)
    }

    pub(crate) fn arg(mut self, name: &'static str, value: impl ToRedisArgs) -> Self {
        self.script.arg(name).arg(value);
        self
    }

    /// Leaves the argument out if there is no value, since an empty string is one.
    pub(crate) fn maybe(self, name: &'static str, value: Option<impl ToRedisArgs>) -> Self {
        match value {
            Some(value) => self.arg(name, value),
            None => self,
        }
    }

    /// Runs the script, and returns what it did or found.
    pub(crate) async fn run(self) -> Result<Reply, StoreError> {
        let epochs = self.store.epochs();
        let seen = epochs.of(self.project);
        let new_epoch = format!("{:016x}", rand::random::<u64>());
        let (epoch, last) = seen.map(|seen| (seen.epoch, seen.last)).unzip();
        let call = self
            .arg("new_epoch", new_epoch)
            .maybe("epoch", epoch)
            .maybe("seen", last);

        let response = match call.send().await {
            Err(Failed::Broken(_)) if call.sent.may_repeat() => call.send().await,
            response => response,
        };
        let (is_lost, epoch, last, result) = response?;
        epochs.keep(call.project, Seen { epoch, last }, is_lost != 0);
        Reply::new(result)
    }

    async fn send(&self) -> Result<Response, Failed> {
        let script = &self.script;
        self.store
            .connection()
            .run(self.sent, async |connection| {
                script.invoke_async(connection).await
            })
            .await
    }
}

/// Whether data was lost, the epoch, the greatest id, and the result.
type Response = (u8, String, i64, Vec<Value>);

/// At most a hundred years, which Lua can add to a time without losing a digit.
pub(crate) fn micros(duration: Duration) -> u64 {
    const CENTURY: u64 = 100 * 365 * 86_400 * 1_000_000;
    u64::try_from(duration.as_micros()).map_or(CENTURY, |micros| micros.min(CENTURY))
}
