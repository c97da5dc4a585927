use std::time::Duration;

use tokio::time::timeout;
use tracing::{error, warn};

use super::Inbox;
use crate::{
    Confirm, Confirmation, Hold, HoldKind, Payment, Report,
    failure::one_line,
    panics::{self, Panicked},
    retry,
};

/// Why an attempt ends without an outcome of the handler.
pub(super) enum Unsettled {
    /// The vendor states something that an operator has to look at.
    Held(Hold),
    /// It took longer than its lease.
    Outlived,
    /// The vendor is asked again.
    Postponed { reason: String, delay: Duration },
}

impl Inbox {
    /// Asks the vendor about the payment, unless an operator has accepted it. Returns whether it was
    /// asked.
    pub(super) async fn confirm(&self, payment: &mut Payment) -> Result<bool, Unsettled> {
        let Some(confirm) = &self.0.confirm else {
            return Ok(false);
        };
        if payment.accepted().is_some() {
            return Ok(false);
        }
        let age = payment.claim().age;
        let (kind, reason) = match self.ask(&**confirm, &payment.claim().report).await {
            Confirmation::Paid(fields) => {
                payment.confirm(fields);
                return Ok(true);
            }
            Confirmation::Differs(reason) => (HoldKind::Differs, reason),
            Confirmation::Refused(reason) => (HoldKind::Unconfirmed, reason),
            Confirmation::Pending(reason) if age >= LONGEST_PENDING => {
                let reason = format!("not confirmed within 24 hours: {reason}").into();
                (HoldKind::Unconfirmed, reason)
            }
            Confirmation::Pending(reason) => return Err(postponed(payment, &reason, None)),
            Confirmation::Unavailable {
                reason,
                retry_after,
            } => return Err(postponed(payment, &reason, retry_after)),
        };
        Err(Unsettled::Held(Hold::new(kind, one_line(&reason))))
    }

    /// Neither a vendor that hangs nor a bug of the trait's implementation takes the claim along.
    pub(super) async fn ask(&self, confirm: &dyn Confirm, report: &Report) -> Confirmation {
        let asked = panics::catch(async { confirm.confirm(report).await });
        match timeout(self.0.limits.confirm, asked).await {
            Ok(Ok(confirmation)) => confirmation,
            Ok(Err(Panicked)) => {
                error!(invoice_id = %report.invoice_id(), "confirmation panicked");
                Confirmation::unavailable("confirmation panicked")
            }
            Err(_) => Confirmation::unavailable("confirmation timed out"),
        }
    }
}

fn postponed(payment: &Payment, reason: &str, retry_after: Option<Duration>) -> Unsettled {
    let (reason, delay) = (one_line(reason), retry::ask_again(payment.claim().age));
    warn!(
        invoice_id = %payment.invoice_id(),
        reason,
        "payment is not confirmed, and is asked about again",
    );
    Unsettled::Postponed {
        reason,
        delay: delay.max(retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER)),
    }
}

/// For how long the vendor may not confirm a payment before it is held.
const LONGEST_PENDING: Duration = Duration::from_secs(86_400);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);
