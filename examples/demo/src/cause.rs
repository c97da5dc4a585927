use axum::{extract::Query, http::Uri};
use serde::{Deserialize, Serialize};

/// What a press of a button does; `page/buttons.json` says it in words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Button {
    Copies,
    Failing,
    ForgedAmount,
    ForgedForm,
    ForgedToken,
    NoToken,
    OtherInvoice,
    Payment,
    Resend,
    Silent,
}

/// What made an [`Entry`](crate::entry::Entry).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    /// The inbox, which knows from the vendor that the other report of a conflict is right.
    Confirmation,
    /// An operator.
    Decision,
    /// Another program has sent a postback.
    Outside,
    Reconciliation,
    Worker,
    #[serde(untagged)]
    Button(Button),
}

#[derive(Deserialize)]
struct Parameters {
    from: Button,
}

impl Button {
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).unwrap_or_default();
        name.as_str().unwrap_or_default().to_owned()
    }
}

impl Cause {
    /// The button whose name the simulator writes into the URL.
    pub(crate) fn of(uri: &Uri) -> Self {
        let parameters = Query::<Parameters>::try_from_uri(uri);
        parameters.map_or(Self::Outside, |Query(Parameters { from })| {
            Self::Button(from)
        })
    }
}
