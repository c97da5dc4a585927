use std::{collections::HashMap, str::FromStr, time::Duration};

use cryptocloud_postback::{Amount, Currency, TraceContext, UnixTime};
use cryptocloud_postback_inbox::{
    Accepted, Claim, Decided, Decision, Event, Fence, Fields, Fingerprint, Hold, HoldKind, Record,
    Report, ReportId, Source, State, StoreError, StoreErrorKind,
};

use crate::{error::corrupt, keys};

/// A report as `record` in `lua/prelude.lua` returns it.
pub(crate) type Row = HashMap<String, Vec<u8>>;

/// Time, operator, note, event, state before, amount and order.
pub(crate) type HistoryRow = (
    i64,
    String,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
);

pub(crate) fn claim(project: &str, row: &Row) -> Result<Claim, StoreError> {
    Ok(Claim {
        id: ReportId::from_number(number(row, "id")?),
        fence: Fence::from_number(number(row, "fence")?),
        report: report(project, row)?,
        age: Duration::from_micros(number(row, "age")?),
        attempt: number(row, "attempts")?,
        accepted: accepted_of(row)?,
    })
}

pub(crate) fn record(project: &str, row: &Row) -> Result<Record, StoreError> {
    let id = number(row, "id")?;
    Ok(Record {
        id: ReportId::from_number(id),
        report: report(project, row)?,
        state: State::from_name(required(row, "state")?).ok_or(StoreErrorKind::Corrupt)?,
        attempts: number(row, "attempts")?,
        hold: hold(row)?,
        last_error: text(row, "error")?.map(Into::into),
        accepted: accepted_of(row)?,
        // An id is the time of arrival.
        received_at: time(id)?,
        due_at: maybe_time(row, "due_at")?,
        settled_at: maybe_time(row, "settled_at")?,
    })
}

pub(crate) fn decided(row: HistoryRow) -> Result<Decided, StoreError> {
    let (at, by, note, event, from, amount, order_id) = row;
    let event = match event.as_str() {
        "accept" => Event::Accept,
        "discard" => Event::Discard,
        "retry" => Event::Retry,
        _ => return Err(StoreErrorKind::Corrupt.into()),
    };
    let decision = Decision::by(by);
    Ok(Decided {
        at: time(at)?,
        decision: match note {
            Some(note) => decision.note(note),
            None => decision,
        },
        event,
        from: State::from_name(&from).ok_or(StoreErrorKind::Corrupt)?,
        accepted: accepted(amount.as_deref(), order_id.as_deref())?,
    })
}

fn report(project: &str, row: &Row) -> Result<Report, StoreError> {
    let currency = text(row, "currency")?.map(Currency::parse);
    let hold = hold(row)?;
    let tracestate = text(row, "tracestate")?;
    // One that was changed by hand is left out, since no payment must wait for it.
    let trace = text(row, "traceparent")?.and_then(|value| TraceContext::parse(value, tracestate));
    Ok(Report {
        identity: keys::parse_identity(project, required(row, "identity")?)?,
        fields: Fields {
            amount_crypto: amount(row, "amount")?,
            currency: currency.transpose().map_err(corrupt)?,
            order_id: text(row, "order_id")?.map(Into::into),
            invoice_info: text(row, "invoice_info")?.map(Into::into),
        },
        fingerprint: fingerprint(row)?,
        source: Source::from_name(required(row, "source")?).ok_or(StoreErrorKind::Corrupt)?,
        is_unidentified: hold.is_some_and(|hold| hold.kind == HoldKind::Unidentified),
        trace,
    })
}

fn hold(row: &Row) -> Result<Option<Hold>, StoreError> {
    let Some(kind) = text(row, "hold")? else {
        return Ok(None);
    };
    let kind = HoldKind::from_name(kind).ok_or(StoreErrorKind::Corrupt)?;
    Ok(Some(Hold::new(
        kind,
        text(row, "reason")?.unwrap_or_default(),
    )))
}

fn fingerprint(row: &Row) -> Result<Option<Fingerprint>, StoreError> {
    let Some(bytes) = row.get("fingerprint") else {
        return Ok(None);
    };
    let bytes = bytes.as_slice().try_into().map_err(corrupt)?;
    Ok(Some(Fingerprint::from_bytes(bytes)))
}

fn accepted_of(row: &Row) -> Result<Option<Accepted>, StoreError> {
    accepted(
        text(row, "accepted_amount")?,
        text(row, "accepted_order_id")?,
    )
}

/// `None` if there is no amount.
fn accepted(amount: Option<&str>, order_id: Option<&str>) -> Result<Option<Accepted>, StoreError> {
    let accepted = amount.map(parse_amount).transpose()?.map(Accepted::new);
    match (accepted, order_id) {
        (Some(accepted), Some(id)) => accepted.order(id).map(Some).map_err(corrupt),
        (accepted, _) => Ok(accepted),
    }
}

fn amount(row: &Row, name: &str) -> Result<Option<Amount>, StoreError> {
    text(row, name)?.map(parse_amount).transpose()
}

fn parse_amount(text: &str) -> Result<Amount, StoreError> {
    Amount::parse(text).map_err(corrupt)
}

fn maybe_time(row: &Row, name: &str) -> Result<Option<UnixTime>, StoreError> {
    let Some(micros) = text(row, name)? else {
        return Ok(None);
    };
    time(micros.parse().map_err(corrupt)?).map(Some)
}

fn time(micros: i64) -> Result<UnixTime, StoreError> {
    let micros = u64::try_from(micros).map_err(corrupt)?;
    Ok(UnixTime::from_secs(micros / 1_000_000))
}

fn number<T>(row: &Row, name: &str) -> Result<T, StoreError>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    required(row, name)?.parse().map_err(corrupt)
}

fn required<'a>(row: &'a Row, name: &str) -> Result<&'a str, StoreError> {
    text(row, name)?.ok_or_else(|| StoreErrorKind::Corrupt.into())
}

fn text<'a>(row: &'a Row, name: &str) -> Result<Option<&'a str>, StoreError> {
    let Some(bytes) = row.get(name) else {
        return Ok(None);
    };
    str::from_utf8(bytes).map(Some).map_err(corrupt)
}
