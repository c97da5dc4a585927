//! From columns to the types of the inbox.

use std::{time::Duration, vec};

use cryptocloud_postback::{Amount, InvoiceId, TraceContext, UnixTime};
use cryptocloud_postback_inbox::{
    Accepted, Claim, Decided, Decision, Event, Fence, Fields, Fingerprint, Hold, HoldKind,
    Identity, Record, Report, ReportId, Source, State, StoreErrorKind, Turn,
};

use crate::error::Fault;

/// A row, whose columns are taken from the left.
#[derive(Debug)]
pub(crate) struct Row(vec::IntoIter<Cell>);

/// A value of a row.
#[derive(Debug)]
pub(crate) enum Cell {
    Bytes(Vec<u8>),
    Int(i64),
    Null,
    Text(String),
}

impl FromIterator<Cell> for Row {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        Self(cells.into_iter().collect::<Vec<_>>().into_iter())
    }
}

impl Row {
    pub(crate) fn int(&mut self) -> Result<i64, Fault> {
        self.maybe_int()?.ok_or_else(corrupt)
    }

    pub(crate) fn maybe_int(&mut self) -> Result<Option<i64>, Fault> {
        match self.0.next() {
            Some(Cell::Int(number)) => Ok(Some(number)),
            Some(Cell::Null) => Ok(None),
            _ => Err(corrupt()),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, Fault> {
        self.maybe_text()?.ok_or_else(corrupt)
    }

    pub(crate) fn maybe_text(&mut self) -> Result<Option<String>, Fault> {
        match self.0.next() {
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(Cell::Null) => Ok(None),
            _ => Err(corrupt()),
        }
    }

    pub(crate) fn id(&mut self) -> Result<ReportId, Fault> {
        Ok(ReportId::from_number(self.int()?))
    }

    pub(crate) fn state(&mut self) -> Result<State, Fault> {
        State::from_name(&self.text()?).ok_or_else(corrupt)
    }

    pub(crate) fn source(&mut self) -> Result<Source, Fault> {
        Source::from_name(&self.text()?).ok_or_else(corrupt)
    }

    pub(crate) fn fingerprint(&mut self) -> Result<Option<Fingerprint>, Fault> {
        Ok(self.digest()?.map(Fingerprint::from_bytes))
    }

    pub(crate) fn maybe_hold_kind(&mut self) -> Result<Option<HoldKind>, Fault> {
        let kind = |name: String| HoldKind::from_name(&name).ok_or_else(corrupt);
        self.maybe_text()?.map(kind).transpose()
    }

    pub(crate) fn maybe_amount(&mut self) -> Result<Option<Amount>, Fault> {
        let amount = |text: String| Amount::parse(&text).map_err(|_| corrupt());
        self.maybe_text()?.map(amount).transpose()
    }

    /// An amount and an order; `None` if there is no amount.
    fn accepted(&mut self) -> Result<Option<Accepted>, Fault> {
        let accepted = self.maybe_amount()?.map(Accepted::new);
        match (accepted, self.maybe_text()?) {
            (Some(accepted), Some(id)) => Ok(Some(accepted.order(id).map_err(|_| corrupt())?)),
            (accepted, _) => Ok(accepted),
        }
    }

    /// One that was changed by hand is left out, since no payment must wait for it.
    fn trace(&mut self) -> Result<Option<TraceContext>, Fault> {
        let (traceparent, tracestate) = (self.maybe_text()?, self.maybe_text()?);
        let parse = |value: String| TraceContext::parse(&value, tracestate.as_deref());
        Ok(traceparent.and_then(parse))
    }

    pub(crate) fn time(&mut self) -> Result<UnixTime, Fault> {
        self.maybe_time()?.ok_or_else(corrupt)
    }

    fn maybe_time(&mut self) -> Result<Option<UnixTime>, Fault> {
        let time = |millis| {
            let millis = u64::try_from(millis).map_err(|_| corrupt())?;
            Ok(UnixTime::from_secs(millis / 1_000))
        };
        self.maybe_int()?.map(time).transpose()
    }

    /// A digest; `None` if it is null or, as the identity of an invoice needs it, empty.
    fn digest(&mut self) -> Result<Option<[u8; 32]>, Fault> {
        match self.0.next() {
            Some(Cell::Bytes(bytes)) if bytes.is_empty() => Ok(None),
            Some(Cell::Bytes(bytes)) => Ok(Some(bytes.try_into().map_err(|_| corrupt())?)),
            Some(Cell::Null) => Ok(None),
            _ => Err(corrupt()),
        }
    }
}

/// A record, and what else a claim has.
pub(crate) struct Stored {
    pub(crate) record: Record,
    age: Duration,
    fence: Fence,
}

impl Stored {
    /// The claim of a record that is running.
    pub(crate) fn into_claim(self) -> Claim {
        let Self { record, age, fence } = self;
        Claim {
            id: record.id,
            fence,
            report: record.report,
            age,
            attempt: record.attempts,
            accepted: record.accepted,
        }
    }
}

/// A row of the columns that [`Statements`](crate::statements::Statements) calls a record.
pub(crate) fn stored(mut row: Row) -> Result<Stored, Fault> {
    let id = row.id()?;
    let state = row.state()?;
    let fence = Fence::from_number(row.int()?);
    let attempts = u32::try_from(row.int()?).map_err(|_| corrupt())?;
    let project = row.text()?;
    // `parse` takes one prefix off, and an id without it may begin with another.
    let invoice_id = InvoiceId::parse(&format!("INV-{}", row.text()?)).map_err(|_| corrupt())?;
    let identity = Identity::from_parts(&project, invoice_id, row.digest()?);
    let fingerprint = row.fingerprint()?;
    let source = row.source()?;
    let amount_crypto = row.maybe_amount()?;
    let currency = row.maybe_text()?.map(|code| code.parse());
    let fields = Fields {
        amount_crypto,
        currency: currency.transpose().map_err(|_| corrupt())?,
        order_id: row.maybe_text()?.map(Into::into),
        invoice_info: row.maybe_text()?.map(Into::into),
    };
    let kind = row.maybe_hold_kind()?;
    let reason = row.maybe_text()?.unwrap_or_default();
    let last_error = row.maybe_text()?.map(Into::into);
    let accepted = row.accepted()?;
    let trace = row.trace()?;
    let record = Record {
        id,
        report: Report {
            identity,
            fields,
            fingerprint,
            source,
            is_unidentified: kind == Some(HoldKind::Unidentified),
            trace,
        },
        state,
        attempts,
        hold: kind.map(|kind| Hold::new(kind, reason)),
        last_error,
        accepted,
        received_at: row.time()?,
        due_at: row.maybe_time()?,
        settled_at: row.maybe_time()?,
    };
    // A clock that was set back makes no age negative.
    let age = Duration::from_millis(u64::try_from(row.int()?).unwrap_or(0));
    Ok(Stored { record, age, fence })
}

pub(crate) fn turn(project: &str, mut row: Row) -> Result<Turn, Fault> {
    let started_at = row.time()?;
    let fence = Fence::from_number(row.int()?);
    let cursor = row.maybe_int()?.map(u64::try_from).transpose();
    Ok(Turn {
        project: project.into(),
        fence,
        started_at,
        cursor: cursor.map_err(|_| corrupt())?.map(UnixTime::from_secs),
    })
}

pub(crate) fn decided(mut row: Row) -> Result<Decided, Fault> {
    let at = row.time()?;
    let decision = Decision::by(row.text()?);
    Ok(Decided {
        at,
        decision: match row.maybe_text()? {
            Some(note) => decision.note(note),
            None => decision,
        },
        event: event(&row.text()?).ok_or_else(corrupt)?,
        from: row.state()?,
        accepted: row.accepted()?,
    })
}

/// The column value of an operator's decision.
pub(crate) fn event_name(event: Event) -> &'static str {
    DECISIONS
        .iter()
        .find(|(_, of)| *of == event)
        .map_or("", |(name, _)| name)
}

fn event(name: &str) -> Option<Event> {
    let (_, event) = DECISIONS.iter().find(|(of, _)| *of == name)?;
    Some(*event)
}

/// A row that this version cannot read.
pub(crate) fn corrupt() -> Fault {
    StoreErrorKind::Corrupt.into()
}

const DECISIONS: [(&str, Event); 3] = [
    ("accept", Event::Accept),
    ("discard", Event::Discard),
    ("retry", Event::Retry),
];
