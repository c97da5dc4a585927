use cryptocloud_postback::Amount;

use crate::{Fields, Hold, HoldKind, Record, Report, State, transition::is_decided};

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
            let said = if is_unconfirmed(record) {
                &nothing
            } else {
                &record.report.fields
            };
            paid_beyond(said)
        };
        let paid: Option<Vec<Amount>> = records.iter().map(compare).collect();
        let paid = paid?.into_iter().max()?;
        let done = records.iter().find(|record| record.state == State::Done);
        let most = records
            .iter()
            .max_by_key(|record| record.report.fields.amount_crypto);
        let decided = done.or(most)?;

        let mut report = stated.clone();
        report.fields.amount_crypto = Some(paid);
        let (stated, said) = (money(&report.fields), money(&decided.report.fields));
        let did = if done.is_some() {
            "accepted"
        } else {
            "discarded"
        };
        let not_confirmed = if is_unconfirmed(decided) {
            " that was not confirmed"
        } else {
            ""
        };
        let reason = format!(
            "vendor states {stated} as paid, and an operator {did} a report of {said}{not_confirmed}"
        );
        Some(Self {
            hold: Hold::new(HoldKind::PaidMore, reason),
            is_conflict: done.is_some(),
            report,
        })
    }
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
    let currency = fields
        .currency
        .as_ref()
        .map(|currency| format!(" {currency}"));
    match fields.amount_crypto {
        Some(amount) => format!("{amount}{}", currency.unwrap_or_default()),
        None => "no amount".to_owned(),
    }
}
