use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::any,
};
use cryptocloud_postback_axum::{
    PostbackRejection, VerifiedPostback,
    core::{self, Verified},
    inbox::{Fields, Record, State as Stored},
};

use crate::{Demo, delivery::Delivery};

/// `/postback`, which does what `cryptocloud_postback_axum::postback_route` does and keeps what it
/// saw for the page.
pub(crate) fn postback() -> Router<Demo> {
    Router::new().route("/postback", any(receive))
}

async fn receive(
    State(demo): State<Demo>,
    postback: Result<VerifiedPostback, PostbackRejection>,
) -> Response {
    match postback {
        Ok(VerifiedPostback(postback)) => demo.receive(&postback).await.into(),
        Err(rejection) => {
            let error = rejection.into_inner();
            demo.log.keep(Delivery::refused(&error));
            PostbackRejection::from(error).into_response()
        }
    }
}

impl Demo {
    async fn receive(&self, postback: &Verified) -> core::Response {
        let records = self.records(postback).await;
        let was_paid = records.iter().any(|record| record.state == Stored::Done);
        let response = self.inbox.receive(postback).await;
        let fingerprint = Fields::from_postback(postback).fingerprint();
        let records = self.records(postback).await.into_iter();
        let record = records
            .into_iter()
            .find(|record| record.report.fingerprint == Some(fingerprint));
        let delivery = Delivery::verified(postback, response, record.as_ref());
        self.log
            .keep_verified(delivery, postback.token_digest(), was_paid);
        response
    }

    /// What the inbox knows of an invoice. A failing database has failed in `receive` too, which
    /// logs it.
    async fn records(&self, postback: &Verified) -> Vec<Record> {
        let records = self.inbox.find(postback.invoice_id().as_str()).await;
        records.unwrap_or_default()
    }
}
