use cryptocloud_postback_inbox::{Refusal, StoreError, StoreErrorKind};
use redis::{FromRedisValue, Value, from_redis_value};

use crate::error::corrupt;

/// The word with which a script says what it did, and what else it returned.
#[derive(Debug)]
pub(crate) struct Reply {
    word: String,
    values: std::vec::IntoIter<Value>,
}

impl Reply {
    pub(crate) fn new(values: Vec<Value>) -> Result<Self, StoreError> {
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
