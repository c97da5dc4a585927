use std::{sync::Arc, time::Duration};

use cryptocloud_postback::{Response, Verified};
use tracing::{Instrument, Span, debug, error, field::display};

use super::{Inbox, measure::Measured};
use crate::{
    Decision, HoldKind, LostReport, Mode, Receipt, Refusal, Report, ReportId, Start, State,
    StoreError, StoreErrorKind, response,
};

impl Inbox {
    /// Stores a postback, and in the [direct mode](Mode::Direct) runs the handler.
    ///
    /// The response is ready after [`Limits::response`](crate::Limits::response) at the latest; the
    /// work goes on in a task of its own, also if this future is dropped.
    /// A postback that cannot be stored is logged as an error, with a field `report` that
    /// `ccpostback inbox import` reads ([`LostReport`]). The same happens if it is uncertain whether
    /// it was stored; importing what was stored changes nothing.
    /// If the invoice has [too many reports](crate::transition::MAX_REPORTS), importing is refused as
    /// well, and the log line says so.
    /// While the inbox [drains](Self::drain), postbacks are stored and left to another process.
    pub async fn receive(&self, postback: &Verified) -> Response {
        let response = self.response(postback).await;
        self.measure(Measured::Response(postback, response.status()));
        response
    }

    async fn response(&self, postback: &Verified) -> Response {
        let project = postback.project().unwrap_or(self.project());
        let report = Report::from_postback(project, self.0.policy, postback);
        if project != self.project() {
            self.measure(Measured::Lost);
            error!(
                invoice_id = %postback.invoice_id(),
                project,
                inbox = self.project(),
                report = %LostReport(report),
                "postback of another project was not stored: mount each inbox with its own verifier",
            );
            return response::WRONG_PROJECT;
        }
        let report = Arc::new(report);
        let (inbox, shared) = (self.clone(), Arc::clone(&report));
        let work = async move { inbox.accept_report(&shared).await };
        let task = self.spawn(work.instrument(postback.span().clone()));
        match tokio::time::timeout(self.0.limits.response, task).await {
            Ok(Ok(response)) => response,
            // The runtime of the inbox is gone, or the store panicked.
            Ok(Err(error)) => {
                self.lose(
                    &report,
                    &StoreError::new(StoreErrorKind::OutcomeUnknown, error),
                );
                response::NOT_STORED
            }
            // The task goes on, and logs what becomes of the report.
            Err(_) => response::NOT_FINISHED,
        }
    }

    async fn accept_report(&self, report: &Report) -> Response {
        let limits = &self.0.limits;
        // A claim of a process that shuts down would have to run to the end of its lease.
        let start = if self.0.mode == Mode::Direct && !self.0.stop.is_cancelled() {
            Start::Claimed(limits.lease)
        } else {
            Start::Stored
        };
        let stored = self.0.store.receive(report, start);
        // A short limit for the response must not keep a report from being stored.
        let stored = match tokio::time::timeout(limits.response.max(limits.statement), stored).await
        {
            Ok(stored) => stored,
            Err(_) => Err(StoreErrorKind::OutcomeUnknown.into()),
        };
        let state = match stored {
            Ok(Receipt::Claimed(claim)) => {
                Span::current().record("report_id", display(claim.id));
                self.process(claim).await
            }
            Ok(Receipt::Stored { id, state, is_new }) => {
                Span::current().record("report_id", display(id));
                let state = if state == State::Held && !is_new {
                    self.take_up(id).await
                } else {
                    state
                };
                self.note(report, state, is_new);
                state
            }
            Err(error) => {
                self.lose(report, &error);
                return response::NOT_STORED;
            }
        };
        Span::current().record("state", state.as_str());
        self.0.mode.response(state)
    }

    /// Asks the vendor again about a held payment whose postback came once more: what was paid in part
    /// may be paid in full by now. Returns the state.
    async fn take_up(&self, id: ReportId) -> State {
        let taken_up = async {
            let record = self.get(id).await?;
            let hold = record.and_then(|record| record.hold);
            if self.0.confirm.is_none()
                || hold.is_none_or(|hold| hold.kind != HoldKind::Unconfirmed)
                || self.was_taken_up_lately(id).await?
            {
                return Ok(State::Held);
            }
            let decision = Decision::by(RESEND).note("the postback came again");
            self.retry(id, &decision).await?;
            Ok::<_, StoreError>(State::Received)
        };
        // It is stored, whatever becomes of this.
        match tokio::time::timeout(self.0.limits.statement, taken_up).await {
            Ok(Ok(state)) => state,
            Ok(Err(_)) | Err(_) => State::Held,
        }
    }

    /// A sender with a valid token can repeat its postback as often as it likes.
    async fn was_taken_up_lately(&self, id: ReportId) -> Result<bool, StoreError> {
        let last = self.history(id).await?.pop();
        let Some(last) = last.filter(|last| &*last.decision.by == RESEND) else {
            return Ok(false);
        };
        Ok(self.0.store.now().await? < last.at.saturating_add(TAKE_UP_PAUSE))
    }

    fn note(&self, report: &Report, state: State, is_new: bool) {
        let invoice_id = report.invoice_id();
        match (state, is_new) {
            (State::Conflict, true) => {
                self.measure(Measured::Conflict);
                error!(%invoice_id, "invoice was reported with other fields before");
                self.0.conflict.notify_one();
            }
            (State::Held, true) => {
                self.measure(Measured::Held(HoldKind::Unidentified));
                error!(%invoice_id, "payment held for review: it has no transaction hashes");
            }
            _ => debug!(%invoice_id, %state, "postback is stored"),
        }
        if state.is_unfinished() {
            self.0.wake.notify_one();
        }
    }

    fn lose(&self, report: &Report, error: &StoreError) {
        self.measure(Measured::Lost);
        log_lost(report, error);
    }
}

/// Logs what to store later. The line holds no token.
fn log_lost(report: &Report, error: &StoreError) {
    // An import would meet the same refusal.
    let advice = if error.refusal() == Some(Refusal::Full) {
        "decide on the reports that its invoice has already"
    } else {
        "run `ccpostback inbox import` with this line"
    };
    error!(
        invoice_id = %report.invoice_id(),
        error = error as &dyn std::error::Error,
        report = %LostReport(report.clone()),
        "postback was not stored: {advice}",
    );
}

/// Who decides in the history that a payment is asked about again.
const RESEND: &str = "resend";
const TAKE_UP_PAUSE: Duration = Duration::from_secs(30);
