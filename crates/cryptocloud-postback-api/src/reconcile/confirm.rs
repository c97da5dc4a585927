use std::error::Error;

use async_trait::async_trait;
use cryptocloud_postback_inbox::{Confirm, Confirmation, Report};

use super::fields;
use crate::{Confirmer, NotConfirmedKind, policy::Reported};

#[async_trait]
impl Confirm for Confirmer {
    async fn confirm(&self, report: &Report) -> Confirmation {
        let reported = Reported {
            amount: report.fields.amount_crypto,
            currency: report.fields.currency.as_ref(),
            order_id: report.fields.order_id.as_deref(),
        };
        let refused = match self.ask(report.invoice_id(), reported).await {
            Ok(stated) => return Confirmation::Paid(fields(&stated)),
            Err(refused) => refused,
        };
        let reason = refused.to_string();
        match refused.kind() {
            NotConfirmedKind::Differs => Confirmation::Differs(reason.into()),
            NotConfirmedKind::Pending => Confirmation::Pending(reason.into()),
            NotConfirmedKind::Unavailable => Confirmation::Unavailable {
                reason: match refused.source() {
                    Some(cause) => format!("{reason}: {cause}").into(),
                    None => reason.into(),
                },
                retry_after: refused.retry_after(),
            },
            _ => Confirmation::Refused(reason.into()),
        }
    }
}
