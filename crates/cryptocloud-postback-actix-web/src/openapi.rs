use std::collections::BTreeMap;

use cryptocloud_postback::{ErrorKind, Response, openapi::responses};
#[cfg(feature = "api")]
use cryptocloud_postback_api::NotConfirmedKind;
use utoipa::{
    IntoResponses,
    openapi::{self, RefOr},
};

#[cfg(feature = "api")]
use crate::ConfirmedError;
use crate::{PostbackError, Received};

/// Every response to a refused request.
impl IntoResponses for PostbackError {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        ErrorKind::responses()
    }
}

impl IntoResponses for Received {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        responses([Response::RECEIVED]).into()
    }
}

/// Every response to a request that is refused or not confirmed.
#[cfg(feature = "api")]
impl IntoResponses for ConfirmedError {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let refused = ErrorKind::ALL.iter().map(|kind| kind.response());
        let not_confirmed = NotConfirmedKind::ALL.iter().map(|kind| kind.response());
        responses(refused.chain(not_confirmed)).into()
    }
}
