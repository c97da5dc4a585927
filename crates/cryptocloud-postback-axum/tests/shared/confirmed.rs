//! What `ConfirmedPostback` responds with, over HTTP.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cryptocloud_postback::{Expected, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl, Confirmed, Confirmer};
use cryptocloud_postback_mimic::{Fault, Invoice, KEY, Mimic};
use tokio::{io::AsyncWriteExt, task::JoinSet, time::timeout};

use crate::{
    verifier::{SECRET, verifier},
    wire,
};

/// The runs of a handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs(Arc<AtomicUsize>);

impl Runs {
    /// The handler: it sees what the vendor states, whatever the postback reports.
    pub(crate) fn pay(&self, payment: &Confirmed) {
        self.0.fetch_add(1, Ordering::Relaxed);
        let expected = Expected::invoice(payment.invoice_id().clone());
        let expected = expected.usd("25".parse().expect("an amount"));
        payment.check(&expected).expect("what the vendor states");
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) async fn responds_as_the_table_says(
    serve: impl AsyncFn(Verifier, Confirmer, Runs) -> SocketAddr,
) {
    let server = Mimic::start().await.expect("a port");
    let base = BaseUrl::parse(server.url()).expect("an address");
    let api = Api::builder(ApiKey::new(KEY).expect("a key"), base).max_retries(0);
    let confirmer = Confirmer::builder(api.build().expect("a client")).project_id(1);
    let confirmer = confirmer
        .minimum_received_usd("1".parse().expect("an amount"))
        .build();
    let runs = Runs::default();
    let address = serve(verifier(SECRET), confirmer, runs.clone()).await;

    let postback = |id: &str| {
        let postback = PostbackBuilder::new(SECRET).invoice_id(id);
        postback.amount("25").currency("USDT_TRC20")
    };
    let invoice = |id, status: &str| Invoice::new(id, status.parse().expect("a status"));
    for status in ["paid", "overpaid", "created", "partial", "canceled"] {
        server.add(invoice(status, status));
    }
    for (name, field) in [
        ("TEST", "test_mode"),
        ("OTHER", "project"),
        ("LITTLE", "received_usd"),
    ] {
        server.add(invoice(name, "paid"));
        server.set(name, field, true);
    }
    let cases = [
        (postback("paid"), 200, "Postback received"),
        (postback("paid").usd("9000"), 200, "Postback received"),
        (postback("overpaid"), 200, "Postback received"),
        (
            postback("paid").amount("9000"),
            409,
            "Postback differs from the invoice",
        ),
        (
            postback("paid").currency("BTC"),
            409,
            "Postback differs from the invoice",
        ),
        (postback("partial"), 422, "Invoice paid in part"),
        (postback("canceled"), 422, "Invoice canceled"),
        (postback("TEST"), 422, "Test payment not accepted"),
        (postback("OTHER"), 422, "Invoice of another project"),
        (postback("LITTLE"), 422, "Amount too low"),
        (postback("created"), 503, "Invoice not paid yet"),
        (postback("UNKNOWN"), 503, "Invoice not paid yet"),
    ];
    for (postback, status, text) in cases {
        check(address, &postback, status, text).await;
    }
    assert_eq!(runs.count(), 3);

    // The vendor is not asked about what is not genuine.
    let before = server.count();
    let forged = postback("NEW").secret("another-key-of-at-least-32-bytes");
    check(address, &forged, 401, "Invalid token").await;
    assert_eq!(server.count(), before);

    // A resend after the outage is all it takes.
    server.add(invoice("LATER", "paid"));
    server.fail([Fault::status(500)]);
    check(address, &postback("LATER"), 503, "Not confirmed yet").await;
    check(address, &postback("LATER"), 200, "Postback received").await;

    // Many at once are one call.
    server.add(invoice("MANY", "paid"));
    let before = server.count();
    let mut resends = JoinSet::new();
    for _ in 0..32 {
        let postback = postback("MANY");
        resends.spawn(async move { check(address, &postback, 200, "Postback received").await });
    }
    resends.join_all().await;
    assert_eq!((runs.count(), server.count() - before), (36, 1));
}

pub(crate) async fn check(
    address: SocketAddr,
    postback: &PostbackBuilder,
    status: u16,
    text: &str,
) {
    let mut stream = wire::connect(address).await;
    let body = postback.json().body();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), &*body].concat();
    stream.write_all(&request).await.expect("request is sent");
    let response = timeout(Duration::from_secs(60), wire::response(&mut stream)).await;
    let response = response.expect("a response in time").expect("a response");
    assert!(
        response.starts_with(&format!("HTTP/1.1 {status} ")),
        "{postback:?}: {response}"
    );
    assert!(response.contains(text), "{postback:?}: {response}");
    let says_when = response.to_ascii_lowercase().contains("retry-after: 30");
    assert_eq!(says_when, status == 503, "{postback:?}: {response}");
}
