//! Acts as the vendor, and as attackers.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::header::{CONTENT_TYPE, USER_AGENT},
    middleware::{self, Next},
    response::Response,
};
use cryptocloud_postback_axum::{
    core::{InvoiceStatus, Verified},
    testing::{PostbackBuilder, SignedPostback},
};
use cryptocloud_postback_mimic::{Fault, Invoice, Mimic};
use futures_util::future::try_join_all;
use reqwest::redirect;
use sqlx::SqlitePool;
use zeroize::Zeroizing;

use crate::{
    cause::Button,
    order::{self, Order},
};

/// The mimic of the vendor's API, and what signs postbacks and sends them to the shop.
#[derive(Clone)]
pub(crate) struct Vendor {
    client: reqwest::Client,
    is_down: Arc<AtomicBool>,
    pub(crate) mimic: Mimic,
    pool: SqlitePool,
    secret: Zeroizing<String>,
    url: String,
}

impl Vendor {
    /// The vendor of the shop at this address, at `/vendor` there.
    pub(crate) fn new(
        secret: Zeroizing<String>,
        address: SocketAddr,
        pool: SqlitePool,
    ) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(LIMIT);
        Ok(Self {
            client: client.redirect(redirect::Policy::none()).build()?,
            is_down: Arc::default(),
            mimic: Mimic::new(api_url(address)),
            pool,
            secret,
            url: format!("http://{address}/postback"),
        })
    }

    pub(crate) fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let remember = middleware::from_fn_with_state(self.clone(), remember);
        Router::new().nest_service("/vendor", self.mimic.router().layer(remember))
    }

    pub(crate) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
        if is_down {
            self.mimic.fail_always(Fault::status(503));
        } else {
            self.mimic.recover();
        }
    }

    /// Does what a button says. An error is for the page.
    pub(crate) async fn press(&self, button: Button, order: &Order) -> Result<(), String> {
        let genuine = || {
            let signer = self.signer().invoice_id(&order.invoice_id);
            let signer = signer.order_id(&order.id).currency(COIN);
            signer.amount(&order.amount)
        };
        let forged = || genuine().secret(OTHER_SECRET);
        let postback = match button {
            Button::Copies | Button::Failing | Button::Payment | Button::Resend => {
                let paid = self.pay(order, InvoiceStatus::Paid).await?;
                paid.postback(&self.secret).json()
            }
            Button::ForgedAmount if order.is_paid => {
                genuine().amount(&format!("{}e2", order.amount)).json()
            }
            Button::ForgedAmount => {
                self.pay(order, InvoiceStatus::Partial).await?;
                genuine().json()
            }
            Button::ForgedForm => forged().form(),
            Button::ForgedToken => forged().json(),
            Button::NoToken => genuine().remove("token").json(),
            Button::OtherInvoice => {
                let cheap = self.signer().invoice_id("CHEAP111");
                genuine().token(&cheap.signed_token()).json()
            }
            Button::Silent => {
                self.pay(order, InvoiceStatus::Paid).await?;
                return Ok(());
            }
        };
        let count = if button == Button::Copies { 2 } else { 1 };
        self.send(button, &postback, count).await
    }

    /// Learns of an invoice from its postback: a program that has the secret acts as the vendor too.
    pub(crate) fn learn(&self, postback: &Verified) {
        let reported = postback.reported();
        if let (Some(amount), Some(coin)) = (reported.amount_crypto, &reported.currency) {
            let invoice = PostbackBuilder::new("")
                .invoice_id(postback.invoice_id().as_str())
                .amount(&amount.to_string())
                .currency(coin.as_str());
            let invoice = match &reported.order_id {
                Some(id) => invoice.order_id(id),
                None => invoice,
            };
            order::learn(&self.mimic, &invoice, InvoiceStatus::Paid);
        }
    }

    fn signer(&self) -> PostbackBuilder {
        PostbackBuilder::new(self.secret.as_str())
    }

    async fn pay(&self, order: &Order, status: InvoiceStatus) -> Result<Invoice, String> {
        let paid = self.mimic.pay(&order.invoice_id, status);
        let paid = paid.map_err(|error| error.to_string())?;
        let remembered = order::remember(&self.pool, &paid).await;
        remembered.map_err(|error| error.to_string())?;
        Ok(paid)
    }

    async fn send(
        &self,
        button: Button,
        postback: &SignedPostback,
        count: usize,
    ) -> Result<(), String> {
        let url = format!("{}?from={}", self.url, button.name());
        let send = || {
            let post = self.client.post(&url).body(postback.body());
            let post = post.header(CONTENT_TYPE, postback.content_type());
            post.header(USER_AGENT, "Cryptocloud POSTBACK v2").send()
        };
        let sent = try_join_all((0..count).map(|_| send())).await;
        sent.map_err(|_| "the shop did not respond to the postback".to_owned())?;
        Ok(())
    }
}

/// The address of the vendor's API, beside a shop at this one.
pub(crate) fn api_url(address: SocketAddr) -> String {
    format!("http://{address}/vendor")
}

/// Keeps what a customer has paid on the page of an invoice.
async fn remember(State(vendor): State<Vendor>, request: Request, next: Next) -> Response {
    let id = request
        .uri()
        .path()
        .strip_prefix("/pay/")
        .map(str::to_owned);
    let response = next.run(request).await;
    if let Some(invoice) = id.and_then(|id| vendor.mimic.invoice(&id))
        && let Err(error) = order::remember(&vendor.pool, &invoice).await
    {
        tracing::error!("payment will be unknown after a restart: {error}");
    }
    response
}

/// The coin that the mimic's customers pay with: a unit is a US dollar.
pub(crate) const COIN: &str = "USDT_TRC20";
const LIMIT: Duration = Duration::from_secs(30);
const OTHER_SECRET: &str = "some-other-secret-of-thirty-two-bytes";
