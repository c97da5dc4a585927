use std::{error, time::Duration};

use cryptocloud_postback::{Amount, Decimal, InvoiceStatus};
use reqwest::{header::CONTENT_TYPE, redirect::Policy};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::{Mimic, invoice};

/// What a customer does, and the body of `POST /pay/INV-XXXXXXXX`.
///
/// ```
/// # use cryptocloud_postback_mimic::{InvoiceStatus, Payment};
/// let whole: Payment = InvoiceStatus::Paid.into();
/// let part = Payment::from(InvoiceStatus::Partial).received("5".parse()?);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Whether `POST /pay` sends a postback; defaults to yes, if there is a URL.
    pub(crate) postback: Option<bool>,
    #[serde(default, deserialize_with = "received")]
    pub(crate) received: Option<Decimal>,
    pub(crate) status: InvoiceStatus,
    #[serde(default)]
    pub(crate) test_mode: bool,
}

impl Payment {
    /// What the customer has paid in all, in the invoice's coin and before the fee.
    ///
    /// Defaults to the amount of the invoice, half of it if the status is `partial`, and twice as much
    /// if it is `overpaid`.
    #[must_use]
    pub fn received(mut self, amount: Amount) -> Self {
        self.received = Some(amount.as_decimal());
        self
    }
}

/// A payment after which the invoice has this status: `paid`, `partial`, `overpaid` or `canceled`.
impl From<InvoiceStatus> for Payment {
    fn from(status: InvoiceStatus) -> Self {
        Self {
            postback: None,
            received: None,
            status,
            test_mode: false,
        }
    }
}

/// Why the mimic did not do what a test asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The API KEY cannot be one.
    #[error("not an API KEY, which is a JWT: three parts with dots between")]
    ApiKey,
    /// The JSON of a payment or a fault cannot be read.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The invoice cannot be paid like this.
    #[error("the invoice's status or amount does not allow this status and received")]
    NotAllowed,
    /// Nothing says where postbacks are sent.
    #[error("there is no URL for postbacks")]
    NoPostbackUrl,
    /// The shop did not respond to a postback.
    #[error("the shop did not respond: {0}")]
    NoResponse(String),
    /// There is no invoice of this id.
    #[error("no such invoice")]
    UnknownInvoice,
}

impl Mimic {
    /// Sends the postback of an invoice, with a new token, and returns the status and the body of the
    /// response.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such invoice, no
    /// [URL for postbacks](Self::send_postbacks_to), or no response.
    pub async fn send_postback(&self, id: &str) -> Result<(u16, String), Error> {
        let (url, secret) = self.shop().ok_or(Error::NoPostbackUrl)?;
        let invoice = self.invoice(id).ok_or(Error::UnknownInvoice)?;
        let postback = invoice.postback(&secret).json();
        let send = async || {
            let client = reqwest::Client::builder()
                .no_proxy()
                .redirect(Policy::none());
            let client = client.timeout(TIMEOUT).user_agent(USER_AGENT).build()?;
            let request = client.post(url).body(postback.body());
            let response = request
                .header(CONTENT_TYPE, "application/json")
                .send()
                .await?;
            Ok((response.status().as_u16(), response.text().await?))
        };
        send().await.map_err(|error: reqwest::Error| {
            let mut cause: &dyn error::Error = &error.without_url();
            while let Some(source) = cause.source() {
                cause = source;
            }
            Error::NoResponse(cause.to_string())
        })
    }
}

fn received<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let amount = invoice::decimal(&Value::deserialize(deserializer)?);
    let amount = amount.ok_or_else(|| de::Error::custom("received is not an amount"))?;
    Ok(Some(amount))
}

const TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = "Cryptocloud POSTBACK v2";
