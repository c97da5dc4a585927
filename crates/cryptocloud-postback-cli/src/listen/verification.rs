use bytes::Bytes;
use cryptocloud_postback::{Error, Postback, Response, UnixTime, Verifier};
use serde::Serialize;

use crate::report::Report;

use super::{request::StoredRequest, response::StoredResponse};

/// The result of the checks of a request.
pub(super) struct Verification {
    pub(super) report: Report,
    /// The response of the adapters.
    pub(super) response: StoredResponse,
    pub(super) verdict: Verdict,
}

/// The result in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
// Closed by nature: yes, no and unknown.
pub(super) enum Verdict {
    Refused,
    /// Well-formed, but there is no secret to check the signature.
    Unchecked,
    Verified,
}

impl Verification {
    pub(super) fn of(request: &StoredRequest, verifier: Option<&Verifier>) -> Self {
        let body = request.unverified();
        let accepted = match verifier {
            Some(verifier) => body
                .and_then(|body| body.verify(verifier))
                .map(|verified| (Report::accepted(&verified), Verdict::Verified)),
            None => body
                .and_then(|body| Postback::parse(request.content_type(), body.body().clone()))
                .map(|postback| (Report::unchecked(&postback), Verdict::Unchecked)),
        };
        let (report, verdict, response) = match accepted {
            Ok((report, verdict)) => (report, verdict, Response::RECEIVED),
            Err(error) => {
                let response = error.kind().response();
                (refused(request, &error), Verdict::Refused, response)
            }
        };
        Self {
            report,
            response: response.into(),
            verdict,
        }
    }

    /// Why the postback was refused, if it was.
    pub(super) fn reason(&self) -> Option<&str> {
        let mut checks = self.report.checks.iter();
        checks.find_map(|step| step.message.as_deref())
    }
}

fn refused(request: &StoredRequest, error: &Error) -> Report {
    // A truncated body could parse as another postback.
    let body = match request.body_error {
        Some(_) => Bytes::new(),
        None => request.body.clone(),
    };
    let now = UnixTime::now().unwrap_or(UnixTime::from_secs(0));
    Report::refused(error, request.content_type(), body, now)
}
