use cryptocloud_postback::Amount;

use crate::{Fields, Hold, HoldKind, Record, Report, Source, State, transition::is_decided};

/// What the vendor states as paid beyond what operators decided about.
pub(super) struct Rest {
    pub(super) hold: Hold,
    /// Whether it becomes a conflict: a report of the payment is done.
    pub(super) is_conflict: bool,
    pub(super) report: Report,
}

impl Rest {
    /// Returns `None` unless operators decided about all records, and none of them said as much.
    ///
    /// A report that the handler settled by itself stays known, whatever the vendor states later.
    pub(super) fn beyond(
        records: &[Record],
        stated: &Report,
        paid_beyond: impl Fn(&Fields) -> Option<Amount>,
    ) -> Option<Self> {
        let nothing = Fields::default();
        let compare = |record: &Record| {
            if !is_decided(record.state, record.accepted.is_some()) || is_cleared(&record.report) {
                return None;
            }
            // The postback of a part may report the invoiced amount.
            let said = (!is_unconfirmed(record)).then_some(&record.report.fields);
            paid_beyond(said.unwrap_or(&nothing))
        };
        let paid: Option<Vec<Amount>> = records.iter().map(compare).collect();
        let paid = paid?.into_iter().max()?;
        // An operator has seen it, however the two compare.
        let is_seen = |record: &Record| {
            let stated = record.report.fields.amount_crypto;
            record.report.source == Source::Reconciled && stated >= Some(paid)
        };
        if records.iter().any(is_seen) {
            return None;
        }
        let done = records.iter().find(|record| record.state == State::Done);
        let most = records
            .iter()
            .max_by_key(|record| record.report.fields.amount_crypto);
        let decided = done.or(most)?;

        let mut report = stated.clone();
        report.fields.amount_crypto = Some(paid);
        let reason = reason(&report.fields, decided);
        Some(Self {
            hold: Hold::new(HoldKind::PaidMore, reason),
            is_conflict: done.is_some(),
            report,
        })
    }
}

fn reason(stated: &Fields, decided: &Record) -> String {
    let did = match decided.state {
        State::Done => "accepted",
        _ => "discarded",
    };
    let (stated, said) = (money(stated), money(&decided.report.fields));
    let mut reason =
        format!("vendor states {stated} as paid, and an operator {did} a report of {said}");
    if is_unconfirmed(decided) {
        reason.push_str(" that was not confirmed");
    }
    reason
}

/// Whether the vendor did not state it as paid in full when the operator decided.
fn is_unconfirmed(record: &Record) -> bool {
    let kind = record.hold.as_ref().map(|hold| hold.kind);
    kind == Some(HoldKind::Unconfirmed)
}

/// Whether the retention has cleared the fields. The fingerprint tells that from a report that said
/// nothing.
fn is_cleared(report: &Report) -> bool {
    let nothing = Fields::default();
    report.fields == nothing && report.fingerprint != Some(nothing.fingerprint())
}

fn money(fields: &Fields) -> String {
    match (fields.amount_crypto, &fields.currency) {
        (Some(amount), Some(currency)) => format!("{amount} {currency}"),
        (Some(amount), None) => amount.to_string(),
        (None, _) => "no amount".to_owned(),
    }
}
