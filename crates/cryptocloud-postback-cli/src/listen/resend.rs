use std::{fmt, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cryptocloud_postback::{Format, UnixTime, testing::PostbackBuilder};
use serde::Serialize;

use super::{api, app::App, journal::Record, response::StoredResponse};
use crate::{body, guard, secret::Secret};

/// Which postback was sent again, and how.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Resend {
    of: u64,
    /// Whether it has a new token, since that of the original had expired.
    signed_anew: bool,
}

impl fmt::Display for Resend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let anew = if self.signed_anew {
            ", signed anew"
        } else {
            ""
        };
        write!(f, "resend of #{}{anew}", self.of)
    }
}

/// `POST /api/postbacks/{id}/resend` forwards a stored postback again as a new one, since its checks may
/// come out differently now.
pub(super) async fn resend(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(entry) = api::find(&app, &id) else {
        return api::not_found();
    };
    if app.forwarder.is_none() {
        let text = "there is no server to send it to: start with --forward URL";
        return guard::error(StatusCode::CONFLICT, text);
    }
    let mut request = entry.record.request.clone();
    if request.body_error.is_some() {
        return api::incomplete();
    }
    let secret = app.settings.secret.as_ref();
    let body = secret.and_then(|secret| signed_anew(&entry.record, secret));
    let resend = Resend {
        of: entry.id,
        signed_anew: body.is_some(),
    };
    request.body = body.unwrap_or(request.body);
    let (id, _) = app.handle(request, Some(resend));
    let body = serde_json::json!({ "id": id, "signed_anew": resend.signed_anew });
    StoredResponse::json(StatusCode::ACCEPTED, body.to_string()).into_response()
}

/// The body with a new token, if the old one was genuine and has expired since.
///
/// Nothing else is signed: that would turn a forgery into a genuine postback.
fn signed_anew(record: &Record, secret: &Secret) -> Option<Bytes> {
    let report = &record.verification.report;
    let now = UnixTime::now().ok()?;
    if report.expires_at? > now.as_secs() {
        return None;
    }
    let token = PostbackBuilder::new(secret.as_str())
        .invoice_id(report.invoice_id.as_ref()?)
        .at(now)
        .expires_at(now.saturating_add(LIFETIME))
        .signed_token();
    let request = &record.request;
    let format = Format::detect(request.content_type(), &request.body).ok()?;
    body::replace_token(format, &request.body, &token).ok()
}

/// As long as the vendor's tokens last.
const LIFETIME: Duration = Duration::from_secs(300);
