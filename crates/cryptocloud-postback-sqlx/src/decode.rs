//! Between the types of the inbox and those of columns.

use std::time::Duration;

use cryptocloud_postback::{Amount, Currency, UnixTime};
use cryptocloud_postback_inbox::{
    ClaimId, Conflict, Fingerprint, Key, Report,
    rules::{Record, State},
};

use crate::error::Failure;

/// Fingerprint, state, lead, fence and the rest of the lease in microseconds.
pub(crate) type RecordRow = (Vec<u8>, i64, bool, i64, i64);

/// Key and fingerprint, project, invoice, status, amount, currency, order, and seconds since 1970.
pub(crate) type ConflictRow = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
);

pub(crate) fn record(row: RecordRow) -> Result<Record, Failure> {
    let (fingerprint, state, lead, fence, left) = row;
    Ok(Record {
        fence: u64::try_from(fence).map_err(|_| Failure::corrupt())?,
        fingerprint: Fingerprint::from_bytes(digest(fingerprint)?),
        lead,
        lease_left: Duration::from_micros(u64::try_from(left).unwrap_or(0)),
        state: State::from_number(state).ok_or_else(Failure::corrupt)?,
    })
}

pub(crate) fn conflict(row: ConflictRow) -> Result<Conflict, Failure> {
    let (key, fingerprint, project, invoice_id, status, amount, currency, order_id, seconds) = row;
    let id = ClaimId::new(digest(key)?, Fingerprint::from_bytes(digest(fingerprint)?));
    let amount = Amount::parse(&amount).map_err(|_| Failure::corrupt())?;
    let currency = Currency::parse(&currency).map_err(|_| Failure::corrupt())?;
    let key = Key::new(&project, &invoice_id, &status);
    let report = Report::new(key, amount, currency, order_id.map(Into::into));
    let seconds = u64::try_from(seconds).map_err(|_| Failure::corrupt())?;
    let conflict = Conflict::new(report, UnixTime::from_secs(seconds));
    // Somebody has changed the row by hand: an operator must not credit it.
    match conflict.id() == id {
        true => Ok(conflict),
        false => Err(Failure::corrupt()),
    }
}

fn digest(bytes: Vec<u8>) -> Result<[u8; 32], Failure> {
    bytes.try_into().map_err(|_| Failure::corrupt())
}

/// For a column or a parameter, at most a hundred years, so that databases can add it to a time.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).map_or(CENTURY, |millis| millis.min(CENTURY))
}

/// Fencing numbers count from one, and nobody counts so far.
pub(crate) fn fence(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const CENTURY: i64 = 100 * 365 * 86_400 * 1_000;
