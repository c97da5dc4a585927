use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use cryptocloud_postback::{Format, UnixTime, testing::PostbackBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;

use super::{api, app::App, entry::Entry, request::content_type};
use crate::{body, guard};

/// Which postback was sent again, and how.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Resend {
    pub(super) of: u64,
    /// Whether it has a new token, since that of the original had expired.
    pub(super) signed_anew: bool,
}

/// `POST /api/postbacks/{id}/resend` forwards a stored postback again as a new one, since its checks may
/// come out differently now.
pub(super) async fn resend(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(entry) = app.find(&id) else {
        return api::not_found();
    };
    if entry.forward.is_none() {
        let text = "a resend needs --forward URL and the body of the postback";
        return guard::error(StatusCode::CONFLICT, text);
    }
    let mut request = entry.request.clone();
    let secret = app.secrets.first();
    let new = secret.and_then(|secret| signed_anew(&entry, secret));
    let resend = Resend {
        of: entry.id,
        signed_anew: new.is_some(),
    };
    if let Some(body) = new {
        *request.body_mut() = Ok(body);
    }
    let (resent, _) = app.handle(request, Some(resend));
    let body = json!({ "id": resent.id, "signed_anew": resend.signed_anew });
    (StatusCode::ACCEPTED, api::json(&app, &body)).into_response()
}

/// The body with a new token, if the old one was genuine and has expired since.
///
/// Nothing else is signed: that would turn a forgery into a genuine postback.
fn signed_anew(entry: &Entry, secret: &SecretString) -> Option<Bytes> {
    let now = UnixTime::now().ok()?;
    if entry.report.expires_at? > now.as_secs() {
        return None;
    }
    let token = PostbackBuilder::new(secret.expose_secret())
        .invoice_id(entry.report.invoice_id.as_ref()?)
        .at(now)
        .expires_at(now.saturating_add(LIFETIME))
        .signed_token();
    let body = entry.request.body().as_ref().ok()?;
    let format = Format::detect(content_type(entry.request.headers()), body).ok()?;
    body::replace_token(format, body, &token).ok()
}

/// As long as the vendor's tokens last.
const LIFETIME: Duration = Duration::from_secs(300);
