use std::{sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use cryptocloud_postback::InvoiceId;
use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE},
    redirect,
};
use serde::Serialize;
use serde_json::json;
use tokio::time;

#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{
    ApiError, ApiErrorKind, ApiKey, BaseUrl, Invoice, NewInvoice,
    response::Body,
    retry::{self, Repeat},
};

/// The vendor's API, as one project sees it.
///
/// A clone costs an `Arc` and shares the connections.
///
/// # Examples
///
/// ```no_run
/// use cryptocloud_postback_api::{Api, ApiKey, BaseUrl, NewInvoice};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let key = ApiKey::new(std::env::var("CRYPTOCLOUD_API_KEY")?)?;
/// let api = Api::builder(key, BaseUrl::TRYBIT).build()?;
///
/// let shop_id = std::env::var("CRYPTOCLOUD_SHOP_ID")?;
/// let new = NewInvoice::new(shop_id, "10.50".parse()?).order_id("ORDER_93223");
/// let invoice = api.create_invoice(&new).await?;
/// // Store the id with the order, and send the customer to the link.
/// println!("{} {:?}", invoice.id(), invoice.link());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    setup: ApiBuilder,
}

impl Api {
    /// Begins to set up the API at this address.
    pub fn builder(key: ApiKey, base: BaseUrl) -> ApiBuilder {
        ApiBuilder {
            base,
            connect_timeout: Duration::from_secs(5),
            key,
            max_response_bytes: 1024 * 1024,
            max_retries: 3,
            response_timeout: Duration::from_secs(10),
            retry_delay: Duration::from_millis(200),
            timeout: Duration::from_secs(30),
        }
    }

    /// Creates an invoice.
    ///
    /// The vendor documents no way to make this call only once.
    /// So it is tried again only if the first request was certainly not processed: no connection
    /// was made, or the response was 429.
    /// After any other error the invoice may exist: it is not paid by accident, since no customer
    /// has its link, and a new one can be created.
    ///
    /// # Errors
    ///
    /// Returns an error of any kind but `Endless` and `Other`: `Rejected` if the vendor refuses a
    /// field.
    pub async fn create_invoice(&self, invoice: &NewInvoice) -> Result<Invoice, ApiError> {
        let body = self
            .call("/v2/invoice/create", invoice, Repeat::UnlessReceived)
            .await?;
        let result: &serde_json::value::RawValue = body.result()?;
        Invoice::parse(result.get()).ok_or_else(|| ApiError::new(ApiErrorKind::Malformed))
    }

    /// Cancels an invoice that is still `created`.
    ///
    /// It is tried again only if the first request was certainly not processed.
    ///
    /// # Errors
    ///
    /// Returns an error of any kind but `Endless` and `Other`: `Rejected` if the invoice has another
    /// status or is unknown.
    pub async fn cancel(&self, invoice: &InvoiceId) -> Result<(), ApiError> {
        let request = json!({ "uuid": format!("INV-{invoice}") });
        let path = "/v2/invoice/merchant/canceled";
        self.call(path, &request, Repeat::UnlessReceived).await?;
        Ok(())
    }

    /// Calls the API, with retries, within the limit for all of them together.
    pub(crate) async fn call<T: Serialize + ?Sized>(
        &self,
        path: &'static str,
        request: &T,
        repeat: Repeat,
    ) -> Result<Body, ApiError> {
        #[cfg(feature = "metrics")]
        let started = time::Instant::now();
        let result = self.call_unmeasured(path, request, repeat).await;
        #[cfg(feature = "metrics")]
        metrics::called(path, &result, started.elapsed());
        result
    }

    async fn call_unmeasured<T: Serialize + ?Sized>(
        &self,
        path: &'static str,
        request: &T,
        repeat: Repeat,
    ) -> Result<Body, ApiError> {
        let Self(inner) = self;
        let setup = &inner.setup;
        let request = Bytes::from(serde_json::to_vec(request).map_err(ApiError::unsent)?);
        let backoff = ExponentialBuilder::new()
            .with_min_delay(setup.retry_delay)
            .with_max_delay(LONGEST_DELAY)
            .with_max_times(setup.max_retries)
            .with_jitter();
        let attempts = (|| self.attempt(path, request.clone()))
            .retry(backoff)
            .when(|error| repeat.allows(error))
            .adjust(retry::wait)
            .notify(|error, wait| {
                tracing::debug!(path, ?wait, "trying the API again: {error}");
            });
        let timed_out = |_| Err(ApiError::new(ApiErrorKind::TimedOut));
        time::timeout(setup.timeout, attempts)
            .await
            .unwrap_or_else(timed_out)
    }

    async fn attempt(&self, path: &str, request: Bytes) -> Result<Body, ApiError> {
        let Self(inner) = self;
        let key = inner.setup.key.authorization().map_err(ApiError::unsent)?;
        let response = inner
            .client
            .post(inner.setup.base.join(path))
            .header(AUTHORIZATION, key)
            .header(CONTENT_TYPE, "application/json")
            .body(request)
            .send()
            .await?;
        Body::read(response, inner.setup.max_response_bytes).await
    }
}

/// Sets up an [`Api`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ApiBuilder {
    base: BaseUrl,
    connect_timeout: Duration,
    key: ApiKey,
    max_response_bytes: usize,
    max_retries: usize,
    response_timeout: Duration,
    retry_delay: Duration,
    timeout: Duration,
}

impl ApiBuilder {
    /// The limit for making a connection. Defaults to 5 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// The limit for one request, until the end of its response. Defaults to 10 s.
    pub fn response_timeout(mut self, limit: Duration) -> Self {
        self.response_timeout = limit;
        self
    }

    /// The limit for a call with all its retries. Defaults to 30 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// How often a call is tried again after a 5xx, a 429 or a fault of the connection. Defaults to
    /// 3; nothing else is tried again.
    pub fn max_retries(mut self, retries: usize) -> Self {
        self.max_retries = retries;
        self
    }

    /// The delay before the first retry; it doubles for each one after that, up to 2 s, with jitter.
    /// Defaults to 200 ms.
    ///
    /// If the vendor asks for more by `Retry-After`, a call waits for up to 5 s, and fails beyond
    /// that.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = delay;
        self
    }

    /// The largest response in bytes. Defaults to 1 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Builds the client: TLS by rustls, with the certificates that the system trusts; no proxy, no
    /// redirects, no compression.
    ///
    /// # Errors
    ///
    /// Returns an error (`Request`) if TLS cannot be set up.
    pub fn build(self) -> Result<Api, ApiError> {
        let client = Client::builder()
            .connect_timeout(self.connect_timeout)
            .timeout(self.response_timeout)
            // A redirect would hand the key to another address.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .user_agent(concat!(
                "cryptocloud-postback-api/",
                env!("CARGO_PKG_VERSION")
            ))
            .build()?;
        Ok(Api(Arc::new(Inner {
            client,
            setup: self,
        })))
    }
}

const LONGEST_DELAY: Duration = Duration::from_secs(2);
