use std::time::Duration;

use cryptocloud_postback_inbox::{Refusal, StoreError, StoreErrorKind};
use redis::{FromRedisValue, Script, ScriptInvocation, ToRedisArgs, Value, from_redis_value};

use crate::{
    RedisStore,
    epochs::Seen,
    error::{Sent, corrupt},
    keys,
};

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

        let script = &call.script;
        let response: (u8, String, i64, Vec<Value>) = call
            .store
            .connection()
            .run(call.sent, async |connection| {
                script.invoke_async(connection).await
            })
            .await?;
        let (is_lost, epoch, last, result) = response;
        epochs.keep(call.project, Seen { epoch, last }, is_lost != 0);
        Reply::new(result)
    }
}

/// The word with which a script says what it did, and what else it returned.
#[derive(Debug)]
pub(crate) struct Reply {
    word: String,
    values: std::vec::IntoIter<Value>,
}

impl Reply {
    fn new(values: Vec<Value>) -> Result<Self, StoreError> {
        let mut values = values.into_iter();
        let word = read(values.next())?;
        let mut reply = Self { word, values };
        match reply.word.as_str() {
            "not_found" => Err(StoreErrorKind::NotFound.into()),
            "refused" => Err(refusal(&reply.value::<String>()?)),
            _ => Ok(reply),
        }
    }

    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// The next value.
    pub(crate) fn value<T: FromRedisValue>(&mut self) -> Result<T, StoreError> {
        read(self.values.next())
    }
}

fn read<T: FromRedisValue>(value: Option<Value>) -> Result<T, StoreError> {
    let value = value.ok_or(StoreErrorKind::Corrupt)?;
    from_redis_value(value).map_err(corrupt)
}

fn refusal(word: &str) -> StoreError {
    match word {
        "blocked" => Refusal::Blocked.into(),
        "discarded" => Refusal::Discarded.into(),
        "full" => Refusal::Full.into(),
        "known" => Refusal::Known.into(),
        "stale" => Refusal::Stale.into(),
        "state" => Refusal::State.into(),
        _ => StoreErrorKind::Corrupt.into(),
    }
}

/// At most a hundred years, which Lua can add to a time without losing a digit.
pub(crate) fn micros(duration: Duration) -> u64 {
    const CENTURY: u64 = 100 * 365 * 86_400 * 1_000_000;
    u64::try_from(duration.as_micros()).map_or(CENTURY, |micros| micros.min(CENTURY))
}
