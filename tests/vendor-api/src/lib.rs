//! The vendor's API on loopback, with faults on request, for tests.
//!
//! It knows the four calls that the crates use, and responds as the vendor documents.
#![forbid(unsafe_code)]

mod calls;
mod fault;
mod invoice;

use std::{
    collections::VecDeque,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri, header::AUTHORIZATION},
    response::Response,
    serve::ListenerExt,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

pub use fault::Fault;
pub use invoice::{invoice, page};

/// The API KEY that the server accepts.
pub const KEY: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.bm90LWEtcmVhbC1rZXk";

/// The server. It stops when this is dropped.
#[derive(Debug)]
pub struct VendorApi {
    address: SocketAddr,
    server: JoinHandle<()>,
    state: Shared,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path, such as `/v2/invoice/create`.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: String,
    /// The body; null if it was not JSON.
    pub body: Value,
}

type Hook = Box<dyn FnMut(&Request, &mut Vec<Value>) + Send>;

#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    always: Option<Fault>,
    faults: VecDeque<Fault>,
    hook: Option<Hook>,
    invoices: Vec<Value>,
    limit_is_last: bool,
    longest_page: Option<usize>,
    refuses_unknown: bool,
    requests: Vec<Request>,
}

impl VendorApi {
    /// Starts the server, without invoices.
    ///
    /// # Panics
    ///
    /// Panics if this machine has no free port, or outside of a tokio runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Shared::default();
        let app = Router::new().fallback(respond).with_state(state.clone());
        let server = tokio::spawn(async move {
            // Without this, each response waits for the acknowledgement of the one before.
            let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
            axum::serve(listener, app)
                .await
                .expect("it serves until it is aborted");
        });
        Self {
            address,
            server,
            state,
        }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The invoices, to add, change or remove some.
    pub fn invoices<T>(&self, edit: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        edit(&mut self.state.lock().invoices)
    }

    /// Adds an invoice at the end of the list.
    pub fn add(&self, invoice: Value) {
        self.invoices(|invoices| invoices.push(invoice));
    }

    /// Sets a field of an invoice.
    ///
    /// # Panics
    ///
    /// Panics if there is no such invoice.
    pub fn set(&self, id: &str, field: &str, value: impl Into<Value>) {
        let value = value.into();
        self.invoices(|invoices| {
            let mut known = invoices.iter_mut().filter(|known| calls::is(known, id));
            known.next().expect("an invoice")[field] = value;
        });
    }

    /// Responds to the next requests like this, one fault each.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().faults.extend(faults);
    }

    /// Responds to every request like this, until it is `None`.
    pub fn fail_always(&self, fault: impl Into<Option<Fault>>) {
        self.state.lock().always = fault.into();
    }

    /// Runs on every request, before the response is made: what happens between two pages.
    pub fn on_request(&self, hook: impl FnMut(&Request, &mut Vec<Value>) + Send + 'static) {
        self.state.lock().hook = Some(Box::new(hook));
    }

    /// Takes the `limit` of the list for the number of the last invoice, instead of a count.
    pub fn take_limit_for_last(&self) {
        self.state.lock().limit_is_last = true;
    }

    /// Never sends more invoices on a page, whatever was asked for.
    pub fn shorten_pages(&self, longest: usize) {
        self.state.lock().longest_page = Some(longest);
    }

    /// Refuses a whole batch if one id in it is unknown, instead of leaving that one out.
    pub fn refuse_unknown(&self) {
        self.state.lock().refuses_unknown = true;
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().requests.clone()
    }

    /// The number of requests so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state.lock().requests.len()
    }
}

impl Drop for VendorApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panicked with the lock")
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

async fn respond(
    State(state): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let request = Request {
        path: uri.path().to_owned(),
        authorization: authorization.unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let fault = {
        let mut inner = state.lock();
        inner.requests.push(request.clone());
        let mut hook = inner.hook.take();
        if let Some(hook) = &mut hook {
            hook(&request, &mut inner.invoices);
        }
        inner.hook = hook;
        inner.faults.pop_front().or_else(|| inner.always.clone())
    };
    match fault {
        Some(fault) => fault.response().await,
        None => calls::respond(&mut state.lock(), &request),
    }
}
