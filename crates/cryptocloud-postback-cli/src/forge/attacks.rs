use super::{attack::Attack, body::BODY, claims::CLAIMS, request::REQUEST, token::TOKEN};

/// Every attack, in the order in which they are sent.
pub(super) fn attacks() -> impl Iterator<Item = &'static Attack> {
    [TOKEN, CLAIMS, BODY, REQUEST].into_iter().flatten()
}
