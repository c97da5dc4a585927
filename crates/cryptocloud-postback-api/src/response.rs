//! Reads a response within its limit, and tells a result from an error.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{ApiError, ApiErrorKind, fields, retry};

/// The body of a good response.
pub(crate) struct Body(Bytes);

#[derive(Deserialize)]
struct Envelope<'a> {
    status: String,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

impl Body {
    /// Reads the response, or says why it is not a result.
    pub(crate) async fn read(response: Response, limit: usize) -> Result<Self, ApiError> {
        let status = response.status();
        let retry_after = retry::retry_after(response.headers(), SystemTime::now());
        let error = |kind| ApiError {
            retry_after,
            status: Some(status.as_u16()),
            ..ApiError::new(kind)
        };
        if status.is_redirection() {
            return Err(error(ApiErrorKind::Redirected));
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(error(ApiErrorKind::Unauthorized));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(error(ApiErrorKind::RateLimited));
        }
        if status.is_server_error() {
            return Err(error(ApiErrorKind::Server));
        }
        let bytes = receive(response, limit)
            .await?
            .ok_or_else(|| error(ApiErrorKind::TooLarge))?;
        let envelope: Envelope<'_> =
            serde_json::from_slice(&bytes).map_err(|_| error(ApiErrorKind::Malformed))?;
        match &*envelope.status {
            "success" if status.is_success() => Ok(Self(bytes)),
            "error" => Err(ApiError {
                fields: envelope.result.map(refused_fields).unwrap_or_default(),
                ..error(ApiErrorKind::Rejected)
            }),
            _ => Err(error(ApiErrorKind::Malformed)),
        }
    }

    /// The `result`, as its type.
    pub(crate) fn result<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ApiError> {
        serde_json::from_slice::<Envelope<'_>>(&self.0)
            .ok()
            .and_then(|envelope| serde_json::from_str(envelope.result?.get()).ok())
            .ok_or_else(|| ApiError::new(ApiErrorKind::Malformed))
    }
}

/// The body; `None` if it is larger than the limit. It is never decompressed: the client does not
/// ask for that.
async fn receive(mut response: Response, limit: usize) -> Result<Option<Bytes>, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if chunk.len() > limit.saturating_sub(bytes.len()) {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes.freeze()))
}

/// The fields that the vendor refused. Only known names are taken, so nothing that the vendor
/// repeats from a request gets into an error.
fn refused_fields(result: &RawValue) -> Vec<&'static str> {
    let result = result.get();
    let inner = fields::read(result, ["validate_error"]).and_then(|[inner]| inner);
    let found = fields::read(inner.unwrap_or(result), FIELDS).unwrap_or([None; FIELDS.len()]);
    let named = FIELDS.into_iter().zip(found);
    named
        .filter_map(|(name, json)| json.map(|_| name))
        .collect()
}

/// The names of a request's fields.
const FIELDS: [&str; 12] = [
    "add_fields",
    "amount",
    "currency",
    "email",
    "end",
    "limit",
    "offset",
    "order_id",
    "shop_id",
    "start",
    "uuid",
    "uuids",
];
