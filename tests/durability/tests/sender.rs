use std::time::{Duration, Instant};

use cryptocloud_postback::{
    UnixTime,
    testing::{PostbackBuilder, SignedPostback},
};
use durability::SECRET;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use tokio::time;

/// Sends as the vendor does, and checks every response.
#[derive(Clone)]
pub(crate) struct Sender(reqwest::Client);

/// A response that a store fault may cause. Any other one fails the test.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Response {
    /// 503 with `Retry-After`
    Later,
    /// No response.
    Lost,
    /// 200
    Paid,
}

impl Sender {
    pub(crate) fn new() -> reqwest::Result<Self> {
        // Longer than any receiver waits for its store, so that no response is lost by this limit.
        let client = reqwest::Client::builder().timeout(Duration::from_secs(60));
        Ok(Self(client.build()?))
    }

    pub(crate) async fn send(&self, url: &str, postback: &SignedPostback) -> Response {
        let request = self
            .0
            .post(url)
            .header(CONTENT_TYPE, postback.content_type())
            .body(postback.body());
        let Ok(response) = request.send().await else {
            return Response::Lost;
        };
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        match (response.status().as_u16(), retry_after) {
            (200, None) => Response::Paid,
            (503, Some(1..=5)) => Response::Later,
            (status, _) => panic!("{status} with Retry-After {retry_after:?}"),
        }
    }

    /// Sends to one URL after another until the response is 200.
    pub(crate) async fn send_until_paid(&self, urls: &[String], postback: &SignedPostback) {
        let start = Instant::now();
        for url in urls.iter().cycle() {
            if self.send(url, postback).await == Response::Paid {
                return;
            }
            assert!(start.elapsed() < LIMIT, "a payment is never paid");
            time::sleep(PAUSE).await;
        }
    }
}

/// Signs a postback for an invoice. Resends differ in their token, and every second one is a form.
pub(crate) fn postback(invoice: &str, resend: u64) -> SignedPostback {
    let expires_at = UnixTime::now()
        .expect("a clock")
        .saturating_add(Duration::from_secs(200 + resend));
    let builder = PostbackBuilder::new(SECRET)
        .invoice_id(invoice)
        .order_id(&format!("ORDER_{invoice}"))
        .expires_at(expires_at);
    match resend % 2 {
        0 => builder.json(),
        _ => builder.form(),
    }
}

/// Far longer than any lease of these tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
/// Shorter than `Retry-After` asks for, so that more happens at once.
const PAUSE: Duration = Duration::from_millis(100);
