use cryptocloud_postback::TraceContext;
use cryptocloud_postback_inbox::{Fence, Hold, HoldKind, Report, Start, State};

use crate::dialect::Param;

/// The columns of a new report that are not in its own order of fields.
pub(crate) struct Insertion {
    amount: Option<String>,
    due: Param<'static>,
    fence: Fence,
    pub(crate) hold: Option<Hold>,
    state: State,
}

impl Insertion {
    pub(crate) fn new(report: &Report, state: State, start: Start, fence: Fence) -> Self {
        let is_unidentified = report.is_unidentified && state == State::Held;
        Self {
            amount: report.fields.amount_crypto.map(|amount| amount.to_string()),
            due: match (state, start) {
                (State::Running, Start::Claimed(lease)) => Param::millis(lease),
                (State::Received, _) => 0_i64.into(),
                // Never due.
                _ => (-1_i64).into(),
            },
            fence,
            hold: is_unidentified.then(|| Hold::new(HoldKind::Unidentified, "")),
            state,
        }
    }

    pub(crate) fn params<'a>(&'a self, report: &'a Report) -> [Param<'a>; 17] {
        let [project, invoice, transactions] = identity_params(report);
        let fingerprint = report.fingerprint.as_ref();
        let trace = report.trace.as_ref();
        let hold = self.hold.as_ref();
        [
            project,
            invoice,
            transactions,
            Param::Bytes(fingerprint.map(|digest| digest.as_bytes().as_slice())),
            report.source.as_str().into(),
            self.state.as_str().into(),
            self.fence.number().into(),
            i64::from(self.state == State::Running).into(),
            self.due,
            self.amount.as_deref().into(),
            report
                .fields
                .currency
                .as_ref()
                .map(|code| code.as_str())
                .into(),
            report.fields.order_id.as_deref().into(),
            report.fields.invoice_info.as_deref().into(),
            hold.map(|hold| hold.kind.as_str()).into(),
            hold.map(|hold| &*hold.reason).into(),
            trace.map(TraceContext::traceparent).into(),
            trace.and_then(TraceContext::tracestate).into(),
        ]
    }
}

pub(crate) fn identity_params(report: &Report) -> [Param<'_>; 3] {
    let identity = &report.identity;
    let transactions = identity
        .transactions()
        .map_or(&[][..], <[u8; 32]>::as_slice);
    [
        identity.project().into(),
        identity.invoice_id().as_str().into(),
        Param::Bytes(Some(transactions)),
    ]
}
