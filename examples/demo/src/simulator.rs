//! Acts as the vendor, so that the shop can be tried without one.

use std::{
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use cryptocloud_postback_axum::{
    core::{Amount, Currency, InvoiceId, UnixTime},
    testing::{PostbackBuilder, SignedPostback},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Sends signed postbacks, genuine and forged, over HTTP.
#[derive(Clone)]
pub struct Simulator {
    client: reqwest::Client,
    last: Arc<Mutex<HashMap<String, Sent>>>,
    secret: Zeroizing<String>,
    url: String,
}

/// The last genuine postback of an invoice.
struct Sent {
    expires_at: u64,
    signed: SignedPostback,
}

/// The body of `POST /simulate`: what to send, for which order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Simulation {
    kind: Kind,
    format: WireFormat,
    order_id: String,
    /// `None` for an order without one: it gets an invoice of its own.
    invoice_id: Option<InvoiceId>,
    amount: Amount,
    currency: Currency,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The same bytes as the last payment.
    Duplicate,
    /// A genuine token, and a body with a smaller amount.
    ForgedAmount,
    /// A token that is signed with another secret.
    ForgedToken,
    Payment,
    /// The same invoice with a new token.
    Resend,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireFormat {
    Form,
    Json,
}

/// The shop's response to the vendor.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    status: u16,
    body: String,
}

/// `POST /simulate`
pub(crate) async fn simulate(
    State(simulator): State<Simulator>,
    simulation: Result<Json<Simulation>, JsonRejection>,
) -> Result<Json<Outcome>, (StatusCode, String)> {
    let Json(simulation) = simulation.map_err(|error| (error.status(), error.body_text()))?;
    let signed = simulator.sign(&simulation);
    simulator.send(&signed).await.map(Json).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "postback was not sent"
        );
        (StatusCode::BAD_GATEWAY, "postback was not sent".to_owned())
    })
}

impl Simulator {
    /// For the shop that listens at this address with this secret.
    ///
    /// # Errors
    ///
    /// Returns an error if the HTTP client cannot be made.
    pub fn new(secret: Zeroizing<String>, address: SocketAddr) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(LIMIT)
            .user_agent(USER_AGENT);
        Ok(Self {
            client: client.build()?,
            last: Arc::default(),
            secret,
            url: format!("http://{address}/postback"),
        })
    }

    fn sign(&self, request: &Simulation) -> SignedPostback {
        let invoice_id = match &request.invoice_id {
            Some(invoice_id) => invoice_id.to_string(),
            None => invoice_of(&request.order_id),
        };
        let mut postback = PostbackBuilder::new(self.secret.as_str())
            .invoice_id(&invoice_id)
            .order_id(&request.order_id)
            .currency(request.currency.as_str());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.get(&invoice_id);
        if let (Kind::Duplicate, Some(sent)) = (request.kind, before) {
            return sent.signed.clone();
        }
        let now = UnixTime::now().map_or(0, UnixTime::as_secs);
        let expires_at = next_expiry(now, before.map(|sent| sent.expires_at));
        postback = postback.expires_at(UnixTime::from_secs(expires_at));
        postback = match request.kind {
            Kind::ForgedAmount => postback.amount(&hundredth(request.amount)),
            Kind::ForgedToken => postback
                .amount(&request.amount.to_string())
                .secret(OTHER_SECRET),
            _ => postback.amount(&request.amount.to_string()),
        };
        let signed = match request.format {
            WireFormat::Form => postback.form(),
            WireFormat::Json => postback.json(),
        };
        if !matches!(request.kind, Kind::ForgedAmount | Kind::ForgedToken) {
            let signed = signed.clone();
            last.insert(invoice_id, Sent { expires_at, signed });
        }
        signed
    }

    async fn send(&self, signed: &SignedPostback) -> Result<Outcome, reqwest::Error> {
        let response = self
            .client
            .post(&self.url)
            .header("content-type", signed.content_type())
            .body(signed.body())
            .send()
            .await?;
        Ok(Outcome {
            status: response.status().as_u16(),
            body: response.text().await?,
        })
    }
}

/// Without the secret.
impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("secret", &"[redacted]")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A second later than the last one, as far as a verifier accepts it: tokens of the same second are
/// equal.
fn next_expiry(now: u64, last: Option<u64>) -> u64 {
    let usual = now.saturating_add(LIFETIME);
    let next = last.map_or(usual, |last| last.saturating_add(1));
    next.clamp(usual, usual.saturating_add(60))
}

/// Always the same one for an order that was created without.
fn invoice_of(order_id: &str) -> String {
    let mut hasher = DefaultHasher::new();
    order_id.hash(&mut hasher);
    format!("{:016X}", hasher.finish())
}

/// Zero if a decimal has no digits left for it.
fn hundredth(amount: Amount) -> String {
    let amount = Amount::parse(&format!("{amount}e-2"));
    amount.map_or_else(|_| "0".to_owned(), |amount| amount.to_string())
}

/// With 60 s more for tokens that follow each other fast it is the vendor's 5 minutes.
const LIFETIME: u64 = 240;
const LIMIT: Duration = Duration::from_secs(10);
const OTHER_SECRET: &str = "some-other-secret-of-thirty-two-bytes";
const USER_AGENT: &str = "Cryptocloud POSTBACK v2";
