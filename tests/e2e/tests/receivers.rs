//! Sends the same request to the core, to axum and to actix-web.

use std::sync::{Arc, Mutex};

use actix_web::{App, test, web};
use axum::{Router, body::Body, extract::State, routing::any};
use bytes::Bytes;
use cryptocloud_postback::{self as core, Error, ErrorKind, Format, Verified, Verifier};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A request to `/postback`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) body: Bytes,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_type: Option<Vec<u8>>,
    pub(crate) method: String,
}

impl Request {
    pub(crate) fn post(content_type: Option<&[u8]>, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            content_encoding: None,
            content_type: content_type.map(Into::into),
            method: "POST".to_owned(),
        }
    }
}

/// The response, and what the handler saw.
#[derive(Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// `Content-Type`, `WWW-Authenticate` and `Allow`.
    pub(crate) headers: [Option<String>; 3],
    pub(crate) seen: Option<Seen>,
}

/// The fields that a handler saw.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) amount_crypto: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) format: Format,
    pub(crate) invoice_id: String,
    pub(crate) order_id: Option<String>,
    pub(crate) status: String,
}

impl From<&Verified> for Seen {
    fn from(verified: &Verified) -> Self {
        let reported = verified.reported();
        Self {
            amount_crypto: reported.amount_crypto.map(|amount| amount.to_string()),
            currency: reported.currency.as_ref().map(ToString::to_string),
            format: reported.format(),
            invoice_id: verified.invoice_id().to_string(),
            order_id: reported.order_id.as_deref().map(Into::into),
            status: reported.status.to_string(),
        }
    }
}

/// Sends to both adapters, asserts that they respond as the core does, and returns the response with
/// the kind of the refusal.
pub(crate) async fn send(verifier: &Verifier, request: &Request) -> (Response, Option<ErrorKind>) {
    let (mut expected, kind) = to_core(verifier, request);
    let mut axum = to_axum(verifier, request).await;
    let mut actix = to_actix(verifier, request).await;
    if request.method == "HEAD" {
        // A response to HEAD has no body, but actix-web drops it only on the wire.
        for response in [&mut expected, &mut axum, &mut actix] {
            response.body.clear();
        }
    }
    assert_eq!(axum, expected, "axum: {request:?}");
    assert_eq!(actix, expected, "actix-web: {request:?}");
    (expected, kind)
}

fn to_core(verifier: &Verifier, request: &Request) -> (Response, Option<ErrorKind>) {
    let content_type = request.content_type.as_deref();
    let encoding = request.content_encoding.as_deref().map(str::as_bytes);
    let headers = [
        ("content-type", content_type),
        ("content-encoding", encoding),
    ];
    let headers = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let outcome = verifier
        .check_head(&request.method, headers)
        .and_then(|head| verifier.verify(head, request.body.clone()));
    let kind = outcome.as_ref().err().map(Error::kind);
    let response = kind.map_or(core::Response::RECEIVED, ErrorKind::response);
    let header = |name| {
        let mut headers = response.headers().iter();
        let header = headers.find(|header| header.0 == name)?;
        Some(header.1.to_owned())
    };
    let response = Response {
        status: response.status(),
        body: response.body().to_owned(),
        headers: HEADERS.map(header),
        seen: outcome.as_ref().ok().map(Seen::from),
    };
    (response, kind)
}

type Slot = Arc<Mutex<Option<Seen>>>;

fn put(slot: &Slot, verified: &Verified) {
    *slot.lock().expect("no test panics with the lock") = Some(Seen::from(verified));
}

fn take(slot: &Slot) -> Option<Seen> {
    slot.lock().expect("no test panics with the lock").take()
}

async fn to_axum(verifier: &Verifier, request: &Request) -> Response {
    use cryptocloud_postback_axum::{Received, VerifiedPostback};

    #[derive(Clone)]
    struct AppState(Verifier, Slot);
    impl axum::extract::FromRef<AppState> for Verifier {
        fn from_ref(state: &AppState) -> Self {
            state.0.clone()
        }
    }
    async fn paid(State(state): State<AppState>, postback: VerifiedPostback) -> Received {
        put(&state.1, &postback);
        Received
    }

    let slot = Slot::default();
    let app = Router::new()
        .route("/postback", any(paid))
        .with_state(AppState(verifier.clone(), Arc::clone(&slot)));
    let mut builder = axum::http::Request::builder()
        .method(request.method.as_str())
        .uri("/postback");
    if let Some(content_type) = &request.content_type {
        builder = builder.header("content-type", content_type.as_slice());
    }
    if let Some(encoding) = &request.content_encoding {
        builder = builder.header("content-encoding", encoding);
    }
    let request = builder
        .body(Body::from(request.body.clone()))
        .expect("a request");
    let response = app.oneshot(request).await.expect("a response");
    let status = response.status().as_u16();
    let headers = HEADERS.map(|name| header_text(response.headers().get(name)?.as_bytes()));
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    Response {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
        headers,
        seen: take(&slot),
    }
}

async fn to_actix(verifier: &Verifier, request: &Request) -> Response {
    use cryptocloud_postback_actix_web::{Received, VerifiedPostback};

    async fn paid(slot: web::Data<Mutex<Option<Seen>>>, postback: VerifiedPostback) -> Received {
        put(&slot, &postback);
        Received
    }

    let slot = Slot::default();
    let app = App::new()
        .app_data(verifier.clone())
        .app_data(web::Data::from(Arc::clone(&slot)))
        .service(web::resource("/postback").route(web::route().to(paid)));
    let app = test::init_service(app).await;
    let method = request.method.parse().expect("a method");
    let mut builder = test::TestRequest::with_uri("/postback").method(method);
    if let Some(content_type) = &request.content_type {
        builder = builder.insert_header(("content-type", content_type.as_slice()));
    }
    if let Some(encoding) = &request.content_encoding {
        builder = builder.insert_header(("content-encoding", encoding.as_str()));
    }
    let request = builder.set_payload(request.body.clone()).to_request();
    let response = test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let headers = HEADERS.map(|name| header_text(response.headers().get(name)?.as_bytes()));
    let body = test::read_body(response).await;
    Response {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
        headers,
        seen: take(&slot),
    }
}

fn header_text(value: &[u8]) -> Option<String> {
    String::from_utf8(value.to_vec()).ok()
}

const HEADERS: [&str; 3] = ["content-type", "www-authenticate", "allow"];
