//! What `postback_route` does over TCP, the same in each adapter.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use cryptocloud_postback::{ErrorKind, Response, SecretKey, Verifier, testing::SignedPostback};
use cryptocloud_postback_inbox::{Inbox, Limits, Mode, State, StoreErrorKind};
use futures_util::future::join;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Notify};

use crate::{
    faulty::{Fault, FaultyStore},
    shop::{Shop, postback, record},
    verifier::{SECRET, verifier},
    wire,
};

/// How a server is set up.
#[derive(Clone, Default)]
pub(crate) struct Setup {
    pub(crate) body_timeout: Option<Duration>,
    /// Notified when the server has ended its work on a request, with or without a response.
    pub(crate) ended: Arc<Notify>,
}

/// Notifies when it is dropped, with the work of which it is a part.
pub(crate) struct Ended(pub(crate) Arc<Notify>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Starts a server with the route at `/`.
pub(crate) trait Serve: AsyncFn(Verifier, Inbox, Setup) -> SocketAddr {}

impl<F: AsyncFn(Verifier, Inbox, Setup) -> SocketAddr> Serve for F {}

pub(crate) async fn responds_as_the_table_says(serve: impl Serve) {
    let check = async |name, mode, earlier: &[&str], order, fault, expected| {
        let shop = Shop::default();
        let store = shop.store();
        let inbox = shop.builder(store.clone()).mode(mode).build();
        let inbox = inbox.expect("an inbox");
        let address = serve(verifier(SECRET), inbox, Setup::default()).await;
        for order in earlier {
            post(address, &postback("A", order).json()).await;
        }
        if let Some(fault) = fault {
            store.fail("receive", fault);
        }
        let reply = post(address, &postback("A", order).json()).await;
        reply.check(name, expected);
        if mode == Mode::StoreFirst {
            assert_eq!(shop.runs(), (0, 0), "{name}");
        }
    };
    for (name, earlier, order, expected) in [
        ("done", &[][..], "1", RECEIVED),
        ("a resend", &["1"], "1", RECEIVED),
        ("held", &[], "hold", RECEIVED),
        ("a resend of it", &["hold"], "hold", RECEIVED),
        ("other fields than done", &["1"], "2", CONFLICT),
        ("other fields than failed", &["fail"], "2", CONFLICT),
        ("other fields than held", &["hold"], "2", RECEIVED),
        ("a resend of a conflict", &["1", "2"], "2", CONFLICT),
        ("failed", &[], "fail", NOT_FINISHED),
        ("a resend before it is due", &["fail"], "fail", NOT_FINISHED),
        ("a handler that panics", &[], "panic", NOT_FINISHED),
    ] {
        check(name, Mode::Direct, earlier, order, None, expected).await;
    }
    for (name, earlier, order, expected) in [
        ("stored first", &[][..], "hold", RECEIVED),
        ("a resend of it", &["1"], "1", RECEIVED),
        ("other fields than stored", &["1"], "2", CONFLICT),
    ] {
        check(name, Mode::StoreFirst, earlier, order, None, expected).await;
    }
    let down = Fault::Before(StoreErrorKind::Unavailable);
    let unknown = Fault::After(StoreErrorKind::OutcomeUnknown);
    for (name, mode, fault) in [
        ("not stored", Mode::Direct, down),
        ("perhaps stored", Mode::Direct, unknown),
        ("a store that panics", Mode::Direct, Fault::Panics),
        ("not stored first", Mode::StoreFirst, down),
    ] {
        check(name, mode, &[], "1", Some(fault), NOT_STORED).await;
    }
}

/// The verifier is named for another project, so the postback may be paid to another account.
pub(crate) async fn refuses_another_project(serve: impl Serve) {
    let shop = Shop::default();
    let inbox = shop.builder(shop.store()).build().expect("an inbox");
    let key = SecretKey::new(SECRET).expect("a key");
    let another = Verifier::builder(key).project("another");
    let another = another.build().expect("a verifier");
    let address = serve(another, inbox.clone(), Setup::default()).await;
    let reply = post(address, &postback("A", "1").json()).await;
    reply.check("another project", ErrorKind::VerifierMissing.response());
    assert!(inbox.find("A").await.expect("reports").is_empty());
    assert_eq!(shop.runs(), (0, 0));
}

pub(crate) async fn cuts_off_a_slow_sender(serve: impl Serve) {
    let shop = Shop::default();
    let inbox = shop.builder(shop.store()).build().expect("an inbox");
    let setup = Setup {
        body_timeout: Some(Duration::from_millis(50)),
        ..Setup::default()
    };
    let address = serve(verifier(SECRET), inbox, setup).await;
    let mut stream = wire::connect(address).await;
    let request = b"POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000\r\n\r\n{";
    stream.write_all(request).await.expect("head is sent");
    let reply = Reply::read(&mut stream).await;
    reply.check("slow sender", ErrorKind::BodyTimeout.response());
    assert_eq!(shop.runs(), (0, 0));
}

/// Neither the first response nor that to a resend waits for the handler, which runs once.
pub(crate) async fn a_slow_handler_goes_on(serve: impl Serve) {
    let shop = Shop::default();
    let inbox = shop.impatient(shop.store()).build().expect("an inbox");
    let address = serve(verifier(SECRET), inbox.clone(), Setup::default()).await;
    for _ in 0..2 {
        let reply = post(address, &postback("A", "gate").json()).await;
        reply.check("slow handler", NOT_FINISHED);
    }
    assert_eq!(shop.runs(), (1, 0));
    shop.gate.notify_one();
    inbox.drain(HANG).await;
    assert_eq!(record(&inbox, "A").await.state, State::Done);
    let reply = post(address, &postback("A", "gate").json()).await;
    reply.check("after it", RECEIVED);
    assert_eq!(shop.runs(), (1, 1));
}

/// `sees_it` says whether the server ends its work on a request whose sender has hung up.
pub(crate) async fn goes_on_if_the_sender_hangs_up(serve: impl Serve, sees_it: bool) {
    let shop = Shop::default();
    let mut limits = Limits::default();
    limits.response = Duration::from_secs(3_600);
    let builder = shop.builder(shop.store()).limits(limits);
    let inbox = builder.build().expect("an inbox");
    let setup = Setup::default();
    let address = serve(verifier(SECRET), inbox.clone(), setup.clone()).await;
    let mut stream = wire::connect(address).await;
    send(&mut stream, &postback("A", "gate").json()).await;
    shop.has_started.notified().await;
    drop(stream);
    if sees_it {
        setup.ended.notified().await;
    }
    shop.gate.notify_one();
    inbox.drain(HANG).await;
    assert_eq!(record(&inbox, "A").await.state, State::Done);
    assert_eq!(shop.runs(), (1, 1));
}

/// The sender never comes back.
pub(crate) async fn a_failed_payment_is_paid_without_a_resend(serve: impl Serve) {
    for order in ["fail", "panic"] {
        let shop = Shop::default();
        let inbox = shop.builder(shop.store()).build().expect("an inbox");
        let address = serve(verifier(SECRET), inbox.clone(), Setup::default()).await;
        let reply = post(address, &postback("A", order).json()).await;
        reply.check(order, NOT_FINISHED);
        assert_eq!(inbox.run_once().await.expect("work"), 0);
        shop.advance(2);
        assert_eq!(inbox.run_once().await.expect("work"), 1);
        assert_eq!(record(&inbox, "A").await.state, State::Done);
        assert_eq!(shop.runs(), (2, 1));
        let reply = post(address, &postback("A", order).json()).await;
        reply.check("a resend after all", RECEIVED);
        assert_eq!(shop.runs(), (2, 1));
    }
}

pub(crate) async fn a_resend_after_a_fault_is_paid(serve: impl Serve) {
    let shop = Shop::default();
    let store = shop.store();
    store.fail("receive", Fault::Before(StoreErrorKind::Unavailable));
    let inbox = shop.builder(store.clone()).build().expect("an inbox");
    let address = serve(verifier(SECRET), inbox, Setup::default()).await;
    let reply = post(address, &postback("A", "1").json()).await;
    reply.check("while the store is down", NOT_STORED);
    assert_eq!(shop.runs(), (0, 0));
    store.repair();
    let reply = post(address, &postback("A", "1").json()).await;
    reply.check("after it", RECEIVED);
    assert_eq!(shop.runs(), (1, 1));
}

pub(crate) async fn what_is_stored_first_is_handled_once(serve: impl Serve) {
    let shop = Shop::default();
    let builder = shop.builder(shop.store()).mode(Mode::StoreFirst);
    let inbox = builder.build().expect("an inbox");
    let address = serve(verifier(SECRET), inbox.clone(), Setup::default()).await;
    for _ in 0..3 {
        let reply = post(address, &postback("A", "1").json()).await;
        reply.check("stored first", RECEIVED);
    }
    assert_eq!(shop.runs(), (0, 0));
    assert_eq!(inbox.run_once().await.expect("work"), 1);
    assert_eq!(shop.runs(), (1, 1));
}

/// A server whose handler has begun with a payment and cannot finish it yet.
async fn with_one_at_the_gate(serve: impl Serve) -> (Shop, FaultyStore, Inbox, SocketAddr) {
    let shop = Shop::default();
    let store = shop.store();
    let inbox = shop.impatient(store.clone()).start().await;
    let inbox = inbox.expect("an inbox");
    let address = serve(verifier(SECRET), inbox.clone(), Setup::default()).await;
    let reply = post(address, &postback("A", "gate").json()).await;
    reply.check("before", NOT_FINISHED);
    (shop, store, inbox, address)
}

/// What has begun is finished, and what arrives meanwhile waits for another process.
pub(crate) async fn drains(serve: impl Serve) {
    let (shop, store, inbox, address) = with_one_at_the_gate(serve).await;
    let ((), reply) = join(inbox.drain(HANG), async {
        let reply = post(address, &postback("B", "1").json()).await;
        shop.gate.notify_one();
        reply
    })
    .await;
    reply.check("meanwhile", NOT_FINISHED);
    assert_eq!(record(&inbox, "A").await.state, State::Done);
    let waits = record(&inbox, "B").await;
    assert_eq!((waits.state, waits.attempts), (State::Received, 0));
    assert_eq!(shop.runs(), (1, 1));

    let next = shop.builder(store).build().expect("an inbox");
    assert_eq!(next.run_once().await.expect("work"), 1);
    assert_eq!(shop.runs(), (2, 2));
}

/// What does not finish within the limit is released, so that another process need not wait.
pub(crate) async fn releases_what_does_not_finish(serve: impl Serve) {
    let (shop, store, inbox, _) = with_one_at_the_gate(serve).await;
    inbox.drain(Duration::from_millis(10)).await;
    let released = record(&inbox, "A").await;
    assert_eq!((released.state, released.attempts), (State::Received, 0));

    shop.gate.notify_one();
    let next = shop.builder(store).build().expect("an inbox");
    assert_eq!(next.run_once().await.expect("work"), 1);
    assert_eq!(record(&inbox, "A").await.state, State::Done);
    assert_eq!(shop.runs(), (2, 1));
}

/// A response as it arrived.
pub(crate) struct Reply(String);

impl Reply {
    async fn read(stream: &mut TcpStream) -> Self {
        Self(wire::response(stream).await.expect("a response"))
    }

    #[track_caller]
    pub(crate) fn check(&self, name: &str, expected: Response) {
        assert!(is_documented(expected), "{name}: {expected:?}");
        let text = &self.0;
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = format!("HTTP/1.1 {} ", expected.status());
        assert!(head.starts_with(&status), "{name}: {text}");
        let head = head.to_ascii_lowercase();
        for (header, value) in expected.headers() {
            assert!(
                head.contains(&format!("\r\n{header}: {value}")),
                "{name}: {text}"
            );
        }
        let is_later = head.contains("\r\nretry-after: ");
        assert_eq!(is_later, expected.status() == 503, "{name}: {text}");
        assert_eq!(body, expected.body(), "{name}");
    }
}

/// Whether `postback_openapi` describes it.
fn is_documented(response: Response) -> bool {
    let mut refusals = ErrorKind::ALL.iter().map(|kind| kind.response());
    Inbox::RESPONSES.contains(&response) || refusals.any(|refusal| refusal == response)
}

pub(crate) async fn post(address: SocketAddr, postback: &SignedPostback) -> Reply {
    let mut stream = wire::connect(address).await;
    send(&mut stream, postback).await;
    Reply::read(&mut stream).await
}

async fn send(stream: &mut TcpStream, postback: &SignedPostback) {
    let body = postback.body();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), &*body].concat();
    stream.write_all(&request).await.expect("request is sent");
}

const HANG: Duration = Duration::from_secs(60);

const RECEIVED: Response = Response::RECEIVED;
const CONFLICT: Response = Response::new(
    409,
    &[JSON],
    r#"{"error":"Invoice was reported with other fields"}"#,
);
const NOT_FINISHED: Response =
    Response::new(503, &[JSON, LATER], r#"{"error":"Not processed yet"}"#);
const NOT_STORED: Response = Response::new(503, &[JSON, LATER], r#"{"error":"Not stored"}"#);
const JSON: (&str, &str) = ("content-type", "application/json");
const LATER: (&str, &str) = ("retry-after", "10");
