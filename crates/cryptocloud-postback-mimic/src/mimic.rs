use std::{
    collections::VecDeque,
    fmt, io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, routing::post, serve::ListenerExt};
use serde_json::Value;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::{Error, Fault, Invoice, Payment, Request, calls, control, fault, invoice::bare};

/// A mimic of the vendor's API, with its invoices in memory. Clones share their state.
#[derive(Clone)]
pub struct Mimic {
    state: Arc<Mutex<State>>,
    url: Arc<str>,
}

#[derive(Default)]
struct State {
    /// With the number of calls that are left.
    faults: VecDeque<(Fault, u64)>,
    hook: Option<Hook>,
    invoices: Vec<Invoice>,
    /// The only API KEY that is accepted, if there is one.
    key: Option<Zeroizing<String>>,
    requests: VecDeque<Request>,
    /// Where postbacks are sent, and what signs them.
    shop: Option<(String, Zeroizing<String>)>,
}

type Hook = Box<dyn FnMut(&mut Request, &mut Vec<Invoice>) + Send>;

impl Mimic {
    /// A mimic whose [`router`](Self::router) is reached at this URL.
    #[must_use]
    pub fn new(url: impl Into<Arc<str>>) -> Self {
        Self {
            state: Arc::default(),
            url: url.into(),
        }
    }

    /// A mimic that listens on a free port of this machine until the runtime ends.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mimic = Self::new(format!("http://{}", listener.local_addr()?));
        // Without this, each response waits for the acknowledgement of the one before.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let server = axum::serve(listener, mimic.router());
        tokio::spawn(async { server.await });
        Ok(mimic)
    }

    /// The vendor's calls, and what controls the mimic: `POST` and `DELETE` of `/faults`, and
    /// `/pay/INV-XXXXXXXX`, to which `POST` makes a [`Payment`], and `GET` shows a page with a button.
    ///
    /// It has no password, and does not defend itself against other websites in a developer's browser.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v2/{*call}", post(calls::call))
            .merge(control::router())
            .with_state(self.clone())
    }

    /// The base address of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Accepts this API KEY only. Defaults to any JWT.
    ///
    /// # Errors
    ///
    /// Returns an error if the key is no JWT.
    pub fn accept_only(&self, key: impl Into<String>) -> Result<(), Error> {
        let key = Zeroizing::new(key.into());
        if !is_jwt(&key) {
            return Err(Error::ApiKey);
        }
        self.state().key = Some(key);
        Ok(())
    }

    /// Sends postbacks to this URL, signed with this secret, when [`send_postback`](Self::send_postback)
    /// or `POST /pay` ask for it.
    pub fn send_postbacks_to(&self, url: impl Into<String>, secret: impl Into<String>) {
        let secret = Zeroizing::new(secret.into());
        self.state().shop = Some((url.into(), secret));
    }

    /// Adds an invoice at the end of the list.
    pub fn add(&self, invoice: Invoice) {
        self.state().invoices.push(invoice);
    }

    /// The invoice of this id, with or without `INV-`.
    #[must_use]
    pub fn invoice(&self, id: &str) -> Option<Invoice> {
        self.invoices(|invoices| find(invoices, id).cloned())
    }

    /// The invoices, to read, add, change or remove some.
    pub fn invoices<T>(&self, edit: impl FnOnce(&mut Vec<Invoice>) -> T) -> T {
        edit(&mut self.state().invoices)
    }

    /// Sets a field of an invoice.
    ///
    /// # Panics
    ///
    /// Panics if there is no such invoice.
    pub fn set(&self, id: &str, field: &str, value: impl Into<Value>) {
        let value = value.into();
        self.invoices(|invoices| find(invoices, id).expect("no such invoice")[field] = value);
    }

    /// Pays or cancels an invoice, without a postback; the payment that it has already changes nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such invoice, or if its status does not allow this payment.
    pub fn pay(&self, id: &str, payment: impl Into<Payment>) -> Result<Invoice, Error> {
        self.invoices(|invoices| {
            let invoice = find(invoices, id).ok_or(Error::UnknownInvoice)?;
            invoice.pay(&payment.into())?;
            Ok(invoice.clone())
        })
    }

    /// Lets the next calls meet these faults, after those that are left.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().map(|fault| (fault, 1));
        self.state().faults.extend(faults);
    }

    /// Lets every call meet this fault, and no other, until [`recover`](Self::recover).
    pub fn fail_always(&self, fault: Fault) {
        self.state().faults = [(fault, u64::MAX)].into();
    }

    /// Lets calls meet this fault, and no other: `{"status": 429, "retry_after": 5, "count": 3}`.
    ///
    /// The status is from 400 to 999, or `cut`, `down` or `slow`, which waits for `seconds`. `count` is
    /// the number of calls, and defaults to one.
    ///
    /// # Errors
    ///
    /// Returns an error if the JSON has another form.
    pub fn fail_json(&self, json: &str) -> Result<(), Error> {
        self.state().faults = [fault::parse(json)?].into();
        Ok(())
    }

    /// Ends all faults.
    pub fn recover(&self) {
        self.state().faults.clear();
    }

    /// Runs on every call before anything else, and may change the call and the invoices: what happens
    /// between two pages of a list, or how else the vendor might understand a field. It must not call
    /// the mimic.
    pub fn on_request(&self, hook: impl FnMut(&mut Request, &mut Vec<Invoice>) + Send + 'static) {
        self.state().hook = Some(Box::new(hook));
    }

    /// The latest calls as they arrived, 10,000 at most.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.iter().cloned().collect()
    }

    /// The number of [`requests`](Self::requests).
    #[must_use]
    pub fn count(&self) -> usize {
        self.state().requests.len()
    }

    /// Keeps a call, and returns the fault that it meets.
    pub(crate) fn receive(&self, request: &mut Request) -> Option<Fault> {
        let mut state = self.state();
        if state.requests.len() == MAX_REQUESTS {
            state.requests.pop_front();
        }
        state.requests.push_back(request.clone());
        let State {
            faults,
            hook,
            invoices,
            ..
        } = &mut *state;
        if let Some(hook) = hook {
            hook(request, invoices);
        }
        let (fault, count) = faults.front_mut()?;
        let fault = fault.clone();
        *count = count.saturating_sub(1);
        if *count == 0 {
            faults.pop_front();
        }
        Some(fault)
    }

    pub(crate) fn accepts(&self, key: &str) -> bool {
        match &self.state().key {
            Some(expected) => key == expected.as_str(),
            None => is_jwt(key),
        }
    }

    pub(crate) fn shop(&self) -> Option<(String, Zeroizing<String>)> {
        self.state().shop.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A hook that panicked fails its own test.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the key and the secret.
impl fmt::Debug for Mimic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mimic")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

fn find<'a>(invoices: &'a mut [Invoice], id: &str) -> Option<&'a mut Invoice> {
    let mut all = invoices.iter_mut();
    all.find(|known| known.id() == bare(id))
}

/// Three segments of base64url: an API KEY is a JWT.
fn is_jwt(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(is_plain);
    key.split('.').count() == 3 && key.split('.').all(is_segment)
}

const MAX_REQUESTS: usize = 10_000;
