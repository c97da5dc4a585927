use cryptocloud_postback::ErrorKind;
use serde::{Serialize, Serializer};

use super::forger::Forger;
use crate::client::Request;

/// An attack, or a genuine postback as a control.
#[derive(Debug, Serialize)]
pub(crate) struct Attack {
    pub(super) name: &'static str,
    /// What is sent, short enough for one line of a terminal.
    pub(super) description: &'static str,
    #[serde(serialize_with = "status")]
    pub(super) expected: Expected,
    #[serde(skip)]
    pub(super) forge: fn(&Forger) -> Request,
}

/// What an endpoint should do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expected {
    /// Respond with a 2xx.
    Accept,
    /// Refuse it; our adapters do so with this kind.
    Refuse(ErrorKind),
    /// Either: the token is genuine, so the merchant has to check what became of the order.
    Review,
}

impl Expected {
    /// The status that our adapters respond with, if the token decides.
    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Accept => Some(200),
            Self::Refuse(kind) => Some(kind.response().status()),
            Self::Review => None,
        }
    }
}

fn status<S: Serializer>(expected: &Expected, serializer: S) -> Result<S::Ok, S::Error> {
    expected.status().serialize(serializer)
}
