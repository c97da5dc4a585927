use axum::{
    Router,
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::any,
};
use cryptocloud_postback_axum::{
    PostbackRejection, VerifiedPostback,
    core::{self, Verified},
    inbox::{Fields, Record, State as Stored},
};

use crate::{Demo, cause::Cause, entry::Entry};

/// `/postback`, which does what `cryptocloud_postback_axum::postback_route` does and keeps what it
/// saw for the page.
pub(crate) fn postback() -> Router<Demo> {
    Router::new().route("/postback", any(receive))
}

async fn receive(
    State(demo): State<Demo>,
    OriginalUri(uri): OriginalUri,
    postback: Result<VerifiedPostback, PostbackRejection>,
) -> Response {
    let cause = Cause::of(&uri);
    match postback {
        Ok(VerifiedPostback(postback)) => {
            // A sender that hangs up ends this future, and not the task.
            let received = tokio::spawn(async move { demo.receive(cause, &postback).await });
            received.await.map_or_else(
                |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                Into::into,
            )
        }
        Err(rejection) => {
            let error = rejection.into_inner();
            demo.history.keep(Entry::refused(cause, &error));
            PostbackRejection::from(error).into_response()
        }
    }
}

impl Demo {
    async fn receive(&self, cause: Cause, postback: &Verified) -> core::Response {
        let invoice_id = postback.invoice_id().as_str();
        self.vendor.learn(postback);
        self.history.begin(invoice_id);
        let records = self.records(invoice_id).await;
        let was_paid = records.iter().any(|record| record.state == Stored::Done);
        let response = self.inbox.receive(postback).await;
        let fingerprint = Fields::from_postback(postback).fingerprint();
        let records = self.records(invoice_id).await.into_iter();
        let record = records
            .into_iter()
            .find(|record| record.report.fingerprint == Some(fingerprint));
        let entry = Entry::received(cause, postback, response, record.as_ref());
        self.history
            .end(invoice_id, entry, record.as_ref(), was_paid);
        response
    }

    /// What the inbox knows of an invoice. A failing database has failed in `receive` too, which
    /// logs it.
    async fn records(&self, invoice_id: &str) -> Vec<Record> {
        self.inbox.find(invoice_id).await.unwrap_or_default()
    }
}
