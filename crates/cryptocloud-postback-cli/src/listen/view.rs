//! The JSON of the list.

use serde::Serialize;

use super::{
    app::App,
    forward::Exchange,
    journal::{self, Entry, Forwarding},
    resend::Resend,
    verification::Verdict,
};

/// The changes since the revision that a page saw last.
#[derive(Serialize)]
pub(super) struct Update<'a> {
    about: About<'a>,
    /// The oldest stored id.
    oldest: u64,
    postbacks: Vec<Summary<'a>>,
    revision: u64,
    run: &'a str,
}

/// The settings of this run.
#[derive(Serialize)]
struct About<'a> {
    forward: Option<&'a str>,
    keep: usize,
    path: &'a str,
    secret: bool,
    /// A command that sends a postback to this receiver.
    send: &'a str,
    url: &'a str,
}

/// An item of the list.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    amount: Option<String>,
    currency: Option<&'a str>,
    id: u64,
    /// Claimed by the body, and proven only if the verdict is `Verified`.
    invoice_id: Option<&'a str>,
    method: &'a str,
    /// Why it did not reach the merchant's server.
    not_forwarded: Option<&'a str>,
    order_id: Option<&'a str>,
    pending: bool,
    /// Why the postback was refused, if it was.
    reason: Option<&'a str>,
    received_at: u64,
    resend: Option<Resend>,
    /// The status of the response, once there is one.
    status: Option<u16>,
    verdict: Verdict,
}

impl<'a> Update<'a> {
    pub(super) fn of(app: &'a App, update: &'a journal::Update) -> Self {
        let settings = &app.settings;
        let about = About {
            forward: settings.forward.as_ref().map(|url| url.as_str()),
            keep: settings.keep,
            path: &settings.path,
            secret: settings.verifier.is_some(),
            send: &settings.send,
            url: &settings.url,
        };
        Self {
            about,
            oldest: update.oldest,
            postbacks: update.entries.iter().map(Summary::of).collect(),
            revision: update.revision,
            run: &app.run,
        }
    }
}

impl<'a> Summary<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        let report = &entry.record.verification.report;
        let payload = report.postback.as_ref();
        let field = |name| payload?.get(name)?.as_str();
        let failure = |exchange: &'a Exchange| exchange.result.as_ref().err();
        Self {
            amount: field("amount_crypto").map(ToOwned::to_owned),
            currency: field("currency"),
            id: entry.id,
            invoice_id: report.invoice_id.as_deref(),
            method: entry.record.request.method.as_str(),
            not_forwarded: entry.exchange().and_then(failure).map(String::as_str),
            order_id: field("order_id"),
            pending: matches!(entry.forwarding, Forwarding::Pending),
            reason: entry.record.verification.reason(),
            received_at: entry.record.received_at,
            resend: entry.record.resend,
            status: entry.status().map(|status| status.as_u16()),
            verdict: entry.record.verification.verdict,
        }
    }
}
