use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use cryptocloud_postback_axum::core::Format;
use serde::{Deserialize, Serialize};

use super::Simulator;
use crate::Error;

/// What to send, for which order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Simulation {
    pub(super) order_id: String,
    pub(super) kind: Kind,
    pub(super) format: WireFormat,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireFormat {
    Form,
    Json,
}

impl From<WireFormat> for Format {
    fn from(format: WireFormat) -> Self {
        match format {
            WireFormat::Form => Self::Form,
            WireFormat::Json => Self::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The same bytes as the last payment's.
    Duplicate,
    /// A genuine token under a smaller amount.
    ForgedAmount,
    /// A token of somebody who does not have the secret.
    ForgedToken,
    Payment,
    /// The same invoice with a new token.
    Resend,
}

/// What the shop answered to the vendor.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(super) status: u16,
    pub(super) answer: String,
}

/// `POST /simulate`
pub(crate) async fn simulate(
    State(simulator): State<Simulator>,
    simulation: Result<Json<Simulation>, JsonRejection>,
) -> Result<Json<Answer>, Error> {
    let Json(simulation) = simulation.map_err(|rejection| match rejection {
        JsonRejection::JsonDataError(_) => Error::Invalid("Invalid simulation"),
        rejection => rejection.into(),
    })?;
    simulator.send(&simulation).await.map(Json)
}
