//! What the scripts answer.

use std::time::Duration;

use cryptocloud_postback::{Amount, Currency, UnixTime};
use cryptocloud_postback_inbox::{
    Claim, ClaimId, Conflict, Key, Lease, Owner, Report, StoreError, StoreErrorKind,
};

/// A word, and a fencing number or milliseconds.
pub(crate) type Answer = (String, u64);

/// Project, invoice, status, amount, currency, order, and seconds since 1970; empty where there is no
/// conflict.
pub(crate) type ConflictAnswer = Vec<Option<String>>;

pub(crate) fn claim(answer: &Answer, id: &ClaimId, owner: Owner) -> Result<Claim, StoreError> {
    match (answer.0.as_str(), answer.1) {
        ("acquired", fence) => Ok(Claim::Acquired(Lease::new(*id, owner, fence))),
        ("conflict", _) => Ok(Claim::Conflict),
        ("done", _) => Ok(Claim::Done),
        ("in_flight", millis) => Ok(Claim::InFlight {
            retry_after: Duration::from_millis(millis),
        }),
        _ => Err(refusal(answer)),
    }
}

pub(crate) fn change(answer: &Answer) -> Result<(), StoreError> {
    match answer.0.as_str() {
        "ok" => Ok(()),
        _ => Err(refusal(answer)),
    }
}

fn refusal(answer: &Answer) -> StoreError {
    let kind = match answer.0.as_str() {
        "full" => StoreErrorKind::Full,
        "not_found" => StoreErrorKind::NotFound,
        "stale" => StoreErrorKind::StaleLease,
        _ => StoreErrorKind::Corrupt,
    };
    kind.into()
}

pub(crate) fn conflict(
    answer: ConflictAnswer,
    id: &ClaimId,
) -> Result<Option<Conflict>, StoreError> {
    if answer.is_empty() {
        return Ok(None);
    }
    let conflict = read(answer).ok_or(StoreErrorKind::Corrupt)?;
    // Somebody has changed it by hand: an operator must not credit it.
    match conflict.id() == *id {
        true => Ok(Some(conflict)),
        false => Err(StoreErrorKind::Corrupt.into()),
    }
}

fn read(answer: ConflictAnswer) -> Option<Conflict> {
    let [project, invoice, status, amount, currency, order, seconds] = answer.try_into().ok()?;
    let key = Key::new(&project?, &invoice?, &status?);
    let amount = Amount::parse(&amount?).ok()?;
    let currency = Currency::parse(&currency?).ok()?;
    let report = Report::new(key, amount, currency, order.map(Into::into));
    let received_at = UnixTime::from_secs(seconds?.parse().ok()?);
    Some(Conflict::new(report, received_at))
}
