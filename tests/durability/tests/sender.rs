use std::time::Duration;

use cryptocloud_postback::{
    UnixTime,
    testing::{PostbackBuilder, SignedPostback},
};
use durability::SECRET;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};

use crate::HANG;

/// Sends as the vendor does, and checks every response.
#[derive(Clone)]
pub(crate) struct Sender(reqwest::Client);

/// What became of one POST. Any other response fails the test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Response {
    /// 200
    Accepted,
    /// 503 with `Retry-After`
    Later,
    /// No response.
    Lost,
    /// No connection, so nothing was sent.
    Unreached,
}

impl Sender {
    pub(crate) fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(HANG)
            // A connection that is used again may turn out to be dead, and then the client would not
            // know whether it has sent the postback.
            .pool_max_idle_per_host(0);
        Ok(Self(client.build()?))
    }

    /// Sends a postback once.
    pub(crate) async fn send(&self, url: &str, postback: &SignedPostback) -> Response {
        self.send_with(url, postback, HeaderMap::new()).await
    }

    /// Sends a postback once, with more headers than the vendor sends.
    pub(crate) async fn send_with(
        &self,
        url: &str,
        postback: &SignedPostback,
        headers: HeaderMap,
    ) -> Response {
        let request = self
            .0
            .post(url)
            .headers(headers)
            .header(CONTENT_TYPE, postback.content_type())
            .body(postback.body());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Response::Unreached,
            Err(_) => return Response::Lost,
        };
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        match (response.status().as_u16(), retry_after) {
            (200, None) => Response::Accepted,
            (503, Some(1..=60)) => Response::Later,
            (status, _) => panic!("{status} with Retry-After {retry_after:?}"),
        }
    }
}

/// Signs a postback for an invoice. Copies differ in their token, and every second one is a form.
pub(crate) fn postback(invoice: &str, copy: u64) -> SignedPostback {
    let expires_at = UnixTime::now()
        .expect("a clock")
        .saturating_add(Duration::from_secs(200 + copy));
    let builder = PostbackBuilder::new(SECRET)
        .invoice_id(invoice)
        .order_id(&format!("ORDER_{invoice}"))
        .expires_at(expires_at);
    match copy % 2 {
        0 => builder.json(),
        _ => builder.form(),
    }
}
