//! Shops that are attacked, each with a fault of its own.

use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use cryptocloud_postback::{ErrorKind, RequestHead, SecretKey, Verified, Verifier};

use crate::program::SECRET;

/// A shop with one order, `ORDER_93223`, of 0.000113 BNB.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    None,
    /// Responds with 200 to every POST.
    AcceptsEverything,
    /// Responds with 403 to everything after the first refusal.
    Bans,
    /// Responds with 403 to the next request after a refusal.
    BansBriefly,
    /// Credits what the postback reports, each time that it arrives.
    Believes,
    /// Credits what the postback reports, and each invoice once.
    BelievesOnce,
    /// Refuses JSON.
    FormsOnly,
    /// Responds to nothing after the first refusal.
    Hangs,
    /// Credits what the postback reports, 1.5 s after its response.
    Late,
    /// Responds with 429 to each seventh request, and then counts anew.
    Limits,
    /// Responds with 429 to everything after four requests.
    LimitsForGood,
    /// Credits what the postback reports, and shows only whether an order is paid.
    ShowsStatus,
    /// Shows no order.
    ShowsNothing,
    /// Responds late.
    Slow,
}

struct Shop {
    /// Invoices and orders.
    credits: Mutex<Vec<(String, String)>>,
    fault: Fault,
    /// Why postbacks were refused.
    kinds: Kinds,
    refusals: AtomicUsize,
    requests: AtomicUsize,
}

pub(crate) type Kinds = Arc<Mutex<Vec<ErrorKind>>>;

/// Starts a shop, and returns its origin. Its thread ends with the test process.
pub(crate) fn start(fault: Fault) -> String {
    recorded(fault, Kinds::default())
}

/// Starts a shop that records why it refuses postbacks.
pub(crate) fn recorded(fault: Fault, kinds: Kinds) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    listener.set_nonblocking(true).expect("a socket");
    let shop = Arc::new(Shop {
        credits: Mutex::default(),
        fault,
        kinds,
        refusals: AtomicUsize::new(0),
        requests: AtomicUsize::new(0),
    });
    let router = Router::new()
        .route("/postback", any(receive))
        .layer(middleware::from_fn_with_state(shop.clone(), misbehave))
        .route("/orders/{order_id}", get(show))
        .with_state(shop);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await
        })
    });
    origin
}

async fn misbehave(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let count = shop.requests.fetch_add(1, Ordering::SeqCst);
    let is_angry = shop.refusals.load(Ordering::SeqCst) > 0;
    let limited = (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]);
    match shop.fault {
        Fault::AcceptsEverything => return StatusCode::OK.into_response(),
        Fault::Bans if is_angry => return StatusCode::FORBIDDEN.into_response(),
        Fault::BansBriefly if is_angry => {
            shop.refusals.store(0, Ordering::SeqCst);
            return StatusCode::FORBIDDEN.into_response();
        }
        Fault::FormsOnly if is_json(&request) => {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
        }
        Fault::Hangs if is_angry => std::future::pending().await,
        Fault::Limits if count % 7 == 6 => return limited.into_response(),
        Fault::Slow => tokio::time::sleep(Duration::from_millis(20)).await,
        Fault::LimitsForGood if count >= 4 => return limited.into_response(),
        _ => {}
    }
    let response = next.run(request).await;
    if response.status().is_client_error() {
        shop.refusals.fetch_add(1, Ordering::SeqCst);
    }
    response
}

fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get("content-type");
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

async fn receive(
    State(shop): State<Arc<Shop>>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> StatusCode {
    let body = body.map_err(|_| ErrorKind::BodyTooLarge);
    match body.and_then(|body| verify(&method, &headers, body)) {
        Ok(verified) => {
            shop.credit(&verified);
            StatusCode::OK
        }
        Err(kind) => {
            shop.kinds
                .lock()
                .expect("no panic with the lock")
                .push(kind);
            StatusCode::from_u16(kind.response().status()).expect("a status")
        }
    }
}

fn verify(method: &Method, headers: &HeaderMap, body: Bytes) -> Result<Verified, ErrorKind> {
    let secret = SecretKey::new(SECRET).expect("a secret");
    let verifier = Verifier::new(secret).expect("a verifier");
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    RequestHead::check(method.as_str(), headers)
        .and_then(|head| verifier.verify(head, body))
        .map_err(|error| error.kind())
}

impl Shop {
    /// What does not match the order is accepted, and waits for an operator.
    fn credit(self: &Arc<Self>, verified: &Verified) {
        let reported = verified.reported();
        let order = reported.order_id.as_deref().unwrap_or_default();
        let amount = reported.amount_crypto.map(|amount| amount.to_string());
        let currency = reported.currency.as_ref().map(ToString::to_string);
        let invoice = verified.invoice_id().to_string();
        let mut credits = self.credits.lock().expect("no panic with the lock");
        let is_known = credits.iter().any(|(known, _)| *known == invoice);
        let is_right = order == "ORDER_93223"
            && amount.as_deref() == Some("0.000113")
            && currency.as_deref() == Some("BNB");
        let is_credited = match self.fault {
            Fault::Believes | Fault::Late | Fault::ShowsStatus => true,
            Fault::BelievesOnce => !is_known,
            _ => is_right && !is_known,
        };
        let credit = (invoice, order.to_owned());
        if is_credited && self.fault == Fault::Late {
            let shop = self.clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(1_500));
                shop.credits
                    .lock()
                    .expect("no panic with the lock")
                    .push(credit);
            });
        } else if is_credited {
            credits.push(credit);
        }
    }
}

/// The page of an order, which shows each payment.
async fn show(State(shop): State<Arc<Shop>>, Path(order): Path<String>) -> Response {
    let credits = shop.credits.lock().expect("no panic with the lock");
    let count = if shop.fault == Fault::ShowsStatus {
        1
    } else {
        usize::MAX
    };
    let credits = credits
        .iter()
        .filter(|(_, paid)| *paid == order)
        .take(count);
    let shown: String = credits
        .map(|(invoice, _)| format!("credited by {invoice}\n"))
        .collect();
    if shop.fault == Fault::ShowsNothing {
        return StatusCode::OK.into_response();
    }
    shown.into_response()
}
