use std::error::Error;

use async_trait::async_trait;
use cryptocloud_postback_inbox::{Confirm, Confirmation, Report};

use super::{fields, reported};
use crate::{Confirmer, NotConfirmedKind};

#[async_trait]
impl Confirm for Confirmer {
    async fn confirm(&self, report: &Report) -> Confirmation {
        let refused = match self
            .ask(report.invoice_id(), reported(&report.fields))
            .await
        {
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
