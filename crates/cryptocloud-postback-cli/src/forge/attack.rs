use cryptocloud_postback::ErrorKind;
use serde::{Serialize, Serializer};

use super::forger::Forger;
use crate::client::Request;

/// One attack, or one control that is none.
#[derive(Debug, Serialize)]
pub(crate) struct Attack {
    pub(super) name: &'static str,
    /// What it is, in one line.
    pub(super) what: &'static str,
    #[serde(rename = "expected", serialize_with = "status")]
    pub(super) right: Right,
    #[serde(skip)]
    pub(super) forge: fn(&Forger) -> Request,
}

/// What an endpoint should do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Right {
    /// Answer with a 2xx.
    Accept,
    /// It cannot be told from the token, so a person has to look.
    Look,
    /// Refuse it, for this reason of ours.
    Refuse(ErrorKind),
}

impl Right {
    /// The status that our own adapters answer.
    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Accept => Some(200),
            Self::Look => None,
            Self::Refuse(kind) => Some(kind.status_code()),
        }
    }
}

fn status<S: Serializer>(right: &Right, serializer: S) -> Result<S::Ok, S::Error> {
    right.status().serialize(serializer)
}
