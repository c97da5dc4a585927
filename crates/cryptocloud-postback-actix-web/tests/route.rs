//! `postback_route`: each payment once, and what is answered where that cannot be.

use std::{
    future::{Ready, ready},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App, FromRequest, HttpRequest,
    dev::{Payload, ServiceResponse},
    error::{Error, ErrorImATeapot},
    http::{Method, Uri, header},
    rt,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Data},
};
use cryptocloud_postback_actix_web::{
    VerifiedPostback,
    core::{
        SecretKey, UnixTime, Verifier,
        testing::{PostbackBuilder, SignedPostback},
    },
    inbox::{Inbox, MemoryStore},
    postback_route,
};
use futures_util::FutureExt;
use tokio::sync::Notify;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn inbox(capacity: usize) -> Inbox {
    Inbox::new("shop", MemoryStore::new(capacity)).expect("an inbox")
}

fn verifier() -> Verifier {
    Verifier::new(SecretKey::new(SECRET).expect("a key")).expect("a verifier")
}

/// How often the handler ran.
type Runs = Data<AtomicUsize>;

fn runs() -> Runs {
    Data::new(AtomicUsize::new(0))
}

/// A shop with this inbox and this handler.
macro_rules! app {
    ($inbox:expr, $handler:expr, $runs:expr) => {
        init_service(
            App::new()
                .app_data($runs.clone())
                .service(web::resource("/").route(postback_route(verifier(), $inbox, $handler))),
        )
        .await
    };
}

/// The answer of a shop to a postback.
macro_rules! post {
    ($app:expr, $postback:expr) => {
        answer(call_service(&$app, request($postback).to_request()).await).await
    };
}

async fn paid(_: VerifiedPostback, runs: Runs) -> Result<(), &'static str> {
    runs.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

fn request(postback: SignedPostback) -> TestRequest {
    TestRequest::post().set_payload(postback.body())
}

async fn answer(response: ServiceResponse) -> (u16, Option<String>, String) {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let retry_after = retry_after.and_then(|value| value.to_str().map(Into::into).ok());
    let body = read_body(response).await;
    (
        status,
        retry_after,
        String::from_utf8_lossy(&body).into_owned(),
    )
}

fn genuine() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).order_id("ORDER_93223")
}

#[actix_web::test]
async fn duplicates_and_resends_do_not_run_the_handler_again() {
    let runs = runs();
    let app = app!(inbox(10), paid, runs);
    let now = UnixTime::now().expect("a clock");
    let resend = genuine().expires_at(now.saturating_add(Duration::from_secs(250)));
    for postback in [
        genuine().json(),
        genuine().json(),
        genuine().form(),
        resend.json(),
    ] {
        let received = r#"{"message":"Postback received"}"#.to_owned();
        assert_eq!(post!(app, postback), (200, None, received));
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(post!(app, genuine().invoice_id("89UX09KA").json()).0, 200);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn what_is_not_genuine_claims_nothing() {
    let runs = runs();
    // A claim of theirs would fill it.
    let app = app!(inbox(1), paid, runs);
    let forged = genuine().invoice_id("89UX09KA");
    for forged in [
        forged.clone().token("e30.e30.e30"),
        forged.secret("some-other-secret-of-thirty-two-bytes"),
    ] {
        assert_eq!(post!(app, forged.json()).0, 401);
    }
    let get = call_service(&app, TestRequest::get().to_request()).await;
    assert_eq!(get.status().as_u16(), 405);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert_eq!(post!(app, genuine().json()).0, 200);
}

#[actix_web::test]
async fn a_conflict_is_kept_and_answered_with_409() {
    let (inbox, runs) = (inbox(10), runs());
    let app = app!(inbox.clone(), paid, runs);
    assert_eq!(post!(app, genuine().json()).0, 200);
    let conflict = r#"{"error":"Conflicting postback"}"#.to_owned();
    assert_eq!(
        post!(app, genuine().amount("999").json()),
        (409, None, conflict)
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let conflicts = inbox.conflicts(None, 10).await.expect("conflicts");
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].report.amount_crypto().to_string(), "999");
}

/// A handler that waits in its middle, and what moves it on.
#[derive(Clone, Default)]
struct Gate {
    done: Arc<Notify>,
    go_on: Arc<Notify>,
    started: Arc<Notify>,
}

impl Gate {
    async fn pass(&self, runs: &AtomicUsize) -> Result<(), &'static str> {
        self.started.notify_one();
        self.go_on.notified().await;
        runs.fetch_add(1, Ordering::SeqCst);
        self.done.notify_one();
        Ok(())
    }
}

#[actix_web::test]
async fn a_second_one_while_the_first_runs_is_told_to_come_back() {
    let (gate, runs) = (Gate::default(), runs());
    let inner = gate.clone();
    let handler = move |_: VerifiedPostback, runs: Runs| {
        let gate = inner.clone();
        async move { gate.pass(&runs).await }
    };
    let app = app!(inbox(10), handler, runs);
    let mut first = pin!(call_service(&app, request(genuine().json()).to_request()));
    assert!(first.as_mut().now_or_never().is_none());
    gate.started.notified().await;
    let busy = r#"{"error":"Postback is being processed"}"#.to_owned();
    let (status, retry_after, body) = post!(app, genuine().json());
    assert_eq!((status, body), (503, busy));
    assert!(retry_after.is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
    gate.go_on.notify_one();
    assert_eq!(first.await.status().as_u16(), 200);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn the_work_goes_on_when_the_sender_hangs_up() {
    let (gate, runs) = (Gate::default(), runs());
    let inner = gate.clone();
    let handler = move |_: VerifiedPostback, runs: Runs| {
        let gate = inner.clone();
        async move { gate.pass(&runs).await }
    };
    let app = app!(inbox(10), handler, runs);
    {
        let mut first = pin!(call_service(&app, request(genuine().json()).to_request()));
        assert!(first.as_mut().now_or_never().is_none());
        gate.started.notified().await;
    }
    gate.go_on.notify_one();
    gate.done.notified().await;
    // The effect has happened; until the store knows it, the answer is to come back.
    loop {
        match post!(app, genuine().json()).0 {
            503 => rt::task::yield_now().await,
            status => break assert_eq!(status, 200),
        }
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn after_an_error_or_a_panic_the_payment_is_free_again() {
    async fn third_time(_: VerifiedPostback, runs: Runs) -> Result<(), &'static str> {
        match runs.fetch_add(1, Ordering::SeqCst) {
            0 => Err("the database of the shop is away"),
            1 => panic!("on purpose"),
            _ => Ok(()),
        }
    }
    let runs = runs();
    let app = app!(inbox(10), third_time, runs);
    let failed = r#"{"error":"Internal error"}"#.to_owned();
    for _ in 0..2 {
        assert_eq!(post!(app, genuine().json()), (500, None, failed.clone()));
    }
    assert_eq!(post!(app, genuine().json()).0, 200);
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[actix_web::test]
async fn without_a_claim_the_handler_does_not_run() {
    let runs = runs();
    let app = app!(inbox(1), paid, runs);
    assert_eq!(post!(app, genuine().json()).0, 200);
    let full = r#"{"error":"Temporarily unavailable"}"#.to_owned();
    let (status, retry_after, body) = post!(app, genuine().invoice_id("89UX09KA").json());
    assert_eq!((status, body), (503, full));
    assert!(retry_after.is_some());
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[actix_web::test]
async fn a_handler_can_ask_for_none_and_for_many() {
    fn none(_: VerifiedPostback) -> Ready<Result<(), &'static str>> {
        ready(Ok(()))
    }
    async fn many(
        _: VerifiedPostback,
        method: Method,
        uri: Uri,
        request: HttpRequest,
        runs: Runs,
        _: (),
        missing: Option<Data<String>>,
    ) -> Result<(), &'static str> {
        assert_eq!((method, uri.path()), (Method::POST, request.path()));
        assert!(missing.is_none());
        runs.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    let runs = runs();
    let few = app!(inbox(10), none, runs);
    assert_eq!(post!(few, genuine().json()).0, 200);
    let most = app!(inbox(10), many, runs);
    assert_eq!(post!(most, genuine().json()).0, 200);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

/// An extractor that refuses leaves no claim behind.
#[actix_web::test]
async fn a_refused_extractor_answers_for_itself() {
    struct Refusing;
    impl FromRequest for Refusing {
        type Error = Error;
        type Future = Ready<Result<Self, Error>>;

        fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
            ready(Err(ErrorImATeapot("refused")))
        }
    }
    async fn never(_: VerifiedPostback, _: Refusing) -> Result<(), &'static str> {
        panic!("the handler ran")
    }
    let (inbox, runs) = (inbox(10), runs());
    let refusing = app!(inbox.clone(), never, runs);
    assert_eq!(post!(refusing, genuine().json()).0, 418);
    let app = app!(inbox, paid, runs);
    assert_eq!(post!(app, genuine().json()).0, 200);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
