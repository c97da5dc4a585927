//! One table of requests, and the response that every way in must give to each.
//!
//! The tests of both adapters run it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use cryptocloud_postback::{
    ErrorKind, Response, UnixTime,
    testing::{PostbackBuilder, SignedPostback},
};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment};

use crate::verifier::SECRET;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    /// `Ok` is [`Response::RECEIVED`].
    pub(crate) expected: Result<(), ErrorKind>,
}

impl Case {
    fn new(name: &'static str, body: impl Into<Vec<u8>>, expected: Result<(), ErrorKind>) -> Self {
        Self {
            name,
            method: "POST",
            headers: Vec::new(),
            body: body.into(),
            expected,
        }
    }

    fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn response(&self) -> Response {
        match self.expected {
            Ok(()) => Response::RECEIVED,
            Err(kind) => kind.response(),
        }
    }

    /// Compares status, body and the headers that the core gives; `way` names who responded.
    #[track_caller]
    pub(crate) fn check(
        &self,
        way: &str,
        status: u16,
        header: impl Fn(&str) -> Option<String>,
        body: &[u8],
    ) {
        let (name, expected) = (self.name, self.response());
        assert_eq!(status, expected.status(), "{way}: {name}");
        for (header_name, value) in expected.headers() {
            let actual = header(header_name);
            assert_eq!(actual.as_deref(), Some(*value), "{way}: {name}");
        }
        let body = String::from_utf8_lossy(body);
        assert_eq!(body, expected.body(), "{way}: {name}");
    }
}

/// An inbox for a route, and how often its handler ran.
pub(crate) fn inbox() -> (Inbox, Arc<AtomicUsize>) {
    struct Counter(Arc<AtomicUsize>);
    impl Handler<()> for Counter {
        async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let runs = Arc::default();
    let counter = Counter(Arc::clone(&runs));
    let inbox = Inbox::builder("shop", MemoryStore::new(100), counter).build();
    (inbox.expect("an inbox"), runs)
}

/// The table.
pub(crate) fn all() -> Vec<Case> {
    use ErrorKind::*;

    let genuine = PostbackBuilder::new(SECRET).order_id("ORDER_93223");
    let body = |signed: SignedPostback| signed.body().to_vec();
    let with_claims = |claims: &str| {
        let claims = claims.replace("NOW", &UnixTime::now().expect("a clock").to_string());
        body(genuine.clone().claims(claims).json())
    };
    let form = Case::new("form", body(genuine.form()), Ok(()));
    let json = || body(genuine.json());
    let large = vec![b' '; 70_000];
    vec![
        Case::new("json", json(), Ok(())),
        Case::new("json by its type", json(), Ok(())).header("content-type", "application/json"),
        form.header("content-type", "application/x-www-form-urlencoded"),
        Case::new("identity", json(), Ok(())).header("content-encoding", "identity"),
        Case::new("put", json(), Err(MethodNotAllowed)).method("PUT"),
        Case::new("get without a body", "", Err(MethodNotAllowed)).method("GET"),
        Case::new("gzip", json(), Err(ContentEncoding)).header("content-encoding", "gzip"),
        Case::new("announced as large", json(), Err(BodyTooLarge))
            .header("content-length", "70000"),
        Case::new("gzip and large", json(), Err(ContentEncoding))
            .header("content-length", "70000")
            .header("content-encoding", "gzip"),
        Case::new("large", large, Err(BodyTooLarge)),
        Case::new("multipart", json(), Err(MediaType))
            .header("content-type", "multipart/form-data"),
        Case::new("xml", "<xml/>", Err(MediaType)),
        Case::new("empty", "", Err(MediaType)),
        Case::new("cut", &json()[..100], Err(InvalidJson)),
        Case::new("form not in UTF-8", "status=%ff", Err(InvalidForm)),
        Case::new(
            "two amounts",
            body(genuine.clone().duplicate("amount_crypto", "1").json()),
            Err(DuplicateField),
        ),
        Case::new(
            "negative amount",
            body(genuine.clone().amount("-1").json()),
            Err(InvalidField),
        ),
        Case::new(
            "no status",
            body(genuine.clone().remove("status").json()),
            Err(MissingField),
        ),
        Case::new(
            "no invoice",
            body(genuine.clone().remove("invoice_id").json()),
            Err(MissingId),
        ),
        Case::new(
            "failed",
            body(genuine.clone().status("fail").json()),
            Err(StatusRefused),
        ),
        Case::new(
            "no token",
            body(genuine.clone().remove("token").json()),
            Err(TokenMissing),
        ),
        Case::new(
            "token of two segments",
            body(genuine.clone().token("e30.e30").json()),
            Err(TokenMalformed),
        ),
        Case::new(
            "alg none",
            body(genuine.clone().header(r#"{"alg":"none"}"#).json()),
            Err(TokenAlgorithm),
        ),
        Case::new(
            "crit",
            body(
                genuine
                    .clone()
                    .header(r#"{"alg":"HS256","crit":["b64"]}"#)
                    .json(),
            ),
            Err(TokenHeader),
        ),
        Case::new(
            "another secret",
            body(
                genuine
                    .clone()
                    .secret("not-a-real-key-either-only-for-tests")
                    .json(),
            ),
            Err(TokenSignature),
        ),
        Case::new(
            "no exp",
            with_claims(r#"{"id":"ILRAJE1Q"}"#),
            Err(TokenClaims),
        ),
        Case::new(
            "another invoice",
            with_claims(r#"{"id":"89UX09KA","exp":NOW}"#),
            Err(InvoiceMismatch),
        ),
        Case::new(
            "expired",
            with_claims(r#"{"id":"ILRAJE1Q","exp":1}"#),
            Err(TokenExpired),
        ),
        Case::new(
            "valid for years",
            with_claims(r#"{"id":"ILRAJE1Q","exp":9999999999}"#),
            Err(TokenLifetime),
        ),
        Case::new(
            "not valid yet",
            with_claims(r#"{"id":"ILRAJE1Q","exp":NOW,"nbf":9999999999}"#),
            Err(TokenNotYetValid),
        ),
    ]
}

/// Fails if a kind of refusal is in no case, so that a new kind gets one.
#[test]
fn every_kind_has_a_case() {
    use ErrorKind::*;

    // Those need a slow or broken connection, another verifier or another app.
    let elsewhere = [
        BodyTimeout,
        BodyUnreadable,
        ClockBeforeEpoch,
        TestModeRefused,
        TestModeUnknown,
        VerifierAmbiguous,
        VerifierMissing,
    ];
    let cases = all();
    for kind in ErrorKind::ALL {
        let has_case = cases.iter().any(|case| case.expected == Err(*kind));
        assert_ne!(has_case, elsewhere.contains(kind), "{kind:?}");
    }
}
