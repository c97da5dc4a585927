//! Acts as the vendor, so that the shop can be tried without one.

mod invoice;
mod request;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use cryptocloud_postback::testing::{PostbackBuilder, SignedPostback};
use cryptocloud_postback_axum::core::{Amount, Format};
use zeroize::Zeroizing;

use crate::{Error, Order, Shop, routes::in_time};
use invoice::Invoice;
use request::{Answer, Kind, Simulation};

pub(crate) use request::simulate;

/// Sends signed postbacks, good and forged, over HTTP to the shop's own `/postback`.
#[derive(Clone)]
pub struct Simulator {
    client: reqwest::Client,
    secret: Zeroizing<String>,
    shop: Shop,
    url: String,
}

impl Simulator {
    /// For the shop that listens at this address with this secret.
    ///
    /// # Errors
    ///
    /// Those of the HTTP client.
    pub fn new(
        shop: Shop,
        secret: Zeroizing<String>,
        address: SocketAddr,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(LIMIT)
            .user_agent(USER_AGENT);
        Ok(Self {
            client: client.build()?,
            secret,
            shop,
            url: format!("http://{}/postback", reachable(address)),
        })
    }

    async fn send(&self, request: &Simulation) -> Result<Answer, Error> {
        let (order, invoice) = in_time(async {
            let order = self.shop.find(&request.order_id).await?;
            let invoice = self
                .shop
                .simulated_invoice(&order, request.kind, request.format.into())
                .await?;
            Ok((order, invoice))
        })
        .await?;
        let signed = self.sign(request.kind, &order, &invoice);
        let answer = self
            .client
            .post(&self.url)
            .header("Content-Type", signed.content_type())
            .body(signed.body())
            .send()
            .await?;
        Ok(Answer {
            status: answer.status().as_u16(),
            answer: answer.text().await?,
        })
    }

    fn sign(&self, kind: Kind, order: &Order, invoice: &Invoice) -> SignedPostback {
        let amount = match kind {
            Kind::ForgedAmount => hundredth(order.amount),
            _ => order.amount.to_string(),
        };
        let mut postback = PostbackBuilder::new(self.secret.as_str())
            .invoice_id(&invoice.id)
            .order_id(&order.id)
            .amount(&amount)
            .currency(order.currency.as_str())
            .expires_at(invoice.expires_at);
        if kind == Kind::ForgedToken {
            postback = postback.secret("some-other-secret-of-thirty-two-bytes");
        }
        match invoice.format {
            Format::Form => postback.form(),
            Format::Json => postback.json(),
        }
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

/// This address, or loopback for the one that stands for all of a machine's, where nothing can be sent.
#[must_use]
pub fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

/// Zero, where there are no digits left for it.
fn hundredth(amount: Amount) -> String {
    let amount = Amount::parse(&format!("{amount}e-2"));
    amount.map_or_else(|_| "0".to_owned(), |amount| amount.to_string())
}

const LIMIT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = "Cryptocloud POSTBACK v2";
