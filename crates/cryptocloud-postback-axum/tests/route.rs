//! `postback_route`: each payment once, and what is answered where that cannot be.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, RawQuery, State},
    http::{HeaderMap, Method, Request, StatusCode, Uri, header},
    response::Response,
};
use cryptocloud_postback_axum::{
    PostbackHandler, VerifiedPostback,
    core::{
        SecretKey, UnixTime, Verifier,
        testing::{PostbackBuilder, SignedPostback},
    },
    inbox::{Inbox, MemoryStore},
    postback_route,
};
use tokio::sync::Notify;
use tower::ServiceExt;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn inbox(capacity: usize) -> Inbox {
    Inbox::new("shop", MemoryStore::new(capacity)).expect("an inbox")
}

/// A shop that counts how often its handler ran.
fn app<A>(inbox: Inbox, handler: impl PostbackHandler<A>) -> (Router, Arc<AtomicUsize>)
where
    A: FromRequestParts<Arc<AtomicUsize>> + Send + 'static,
{
    let verifier = Verifier::new(SecretKey::new(SECRET).expect("a key")).expect("a verifier");
    let runs = Arc::new(AtomicUsize::new(0));
    let app = Router::new()
        .route("/", postback_route(verifier, inbox, handler))
        .with_state(Arc::clone(&runs));
    (app, runs)
}

type Runs = State<Arc<AtomicUsize>>;

async fn paid(_: VerifiedPostback, State(runs): Runs) -> Result<(), &'static str> {
    runs.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

async fn post(app: &Router, postback: SignedPostback) -> Response {
    let request = Request::post("/")
        .body(Body::from(postback.body()))
        .expect("a request");
    app.clone().oneshot(request).await.expect("an answer")
}

async fn answer(response: Response) -> (u16, Option<String>, String) {
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let status = response.status().as_u16();
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let retry_after = retry_after.and_then(|value| value.to_str().map(Into::into).ok());
    let body = to_bytes(response.into_body(), 1000).await.expect("a body");
    (
        status,
        retry_after,
        String::from_utf8_lossy(&body).into_owned(),
    )
}

fn genuine() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).order_id("ORDER_93223")
}

#[tokio::test]
async fn duplicates_and_resends_do_not_run_the_handler_again() {
    let (app, runs) = app(inbox(10), paid);
    let now = UnixTime::now().expect("a clock");
    let resend = genuine().expires_at(now.saturating_add(Duration::from_secs(250)));
    for postback in [
        genuine().json(),
        genuine().json(),
        genuine().form(),
        resend.json(),
    ] {
        let received = r#"{"message":"Postback received"}"#.to_owned();
        assert_eq!(
            answer(post(&app, postback).await).await,
            (200, None, received)
        );
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let other = genuine().invoice_id("89UX09KA").json();
    assert_eq!(post(&app, other).await.status(), 200);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_not_genuine_claims_nothing() {
    // A claim of theirs would fill it.
    let (app, runs) = app(inbox(1), paid);
    let forged = genuine().invoice_id("89UX09KA");
    for forged in [
        forged.clone().token("e30.e30.e30"),
        forged.secret("some-other-secret-of-thirty-two-bytes"),
    ] {
        assert_eq!(post(&app, forged.json()).await.status(), 401);
    }
    let get = Request::get("/").body(Body::empty()).expect("a request");
    assert_eq!(
        app.clone().oneshot(get).await.expect("an answer").status(),
        405
    );
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert_eq!(post(&app, genuine().json()).await.status(), 200);
}

#[tokio::test]
async fn a_conflict_is_kept_and_answered_with_409() {
    let inbox = inbox(10);
    let (app, runs) = app(inbox.clone(), paid);
    assert_eq!(post(&app, genuine().json()).await.status(), 200);
    let conflict = r#"{"error":"Conflicting postback"}"#.to_owned();
    let other = genuine().amount("999").json();
    assert_eq!(answer(post(&app, other).await).await, (409, None, conflict));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let conflicts = inbox.conflicts(None, 10).await.expect("conflicts");
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].report.amount_crypto().to_string(), "999");
}

#[tokio::test]
async fn a_second_one_while_the_first_runs_is_told_to_come_back() {
    let (started, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (started_in, go_on_in) = (Arc::clone(&started), Arc::clone(&go_on));
    let (app, runs) = app(
        inbox(10),
        async move |_: VerifiedPostback, State(runs): Runs| {
            started_in.notify_one();
            go_on_in.notified().await;
            runs.fetch_add(1, Ordering::SeqCst);
            Ok::<_, &str>(())
        },
    );
    let first = tokio::spawn({
        let app = app.clone();
        async move { post(&app, genuine().json()).await.status() }
    });
    started.notified().await;
    let busy = r#"{"error":"Postback is being processed"}"#.to_owned();
    let (status, retry_after, body) = answer(post(&app, genuine().json()).await).await;
    assert_eq!((status, body), (503, busy));
    assert!(retry_after.is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
    go_on.notify_one();
    assert_eq!(first.await.expect("a task"), StatusCode::OK);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_work_goes_on_when_the_sender_hangs_up() {
    let (started, go_on, done) = (
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let (started_in, go_on_in, done_in) =
        (Arc::clone(&started), Arc::clone(&go_on), Arc::clone(&done));
    let (app, runs) = app(
        inbox(10),
        async move |_: VerifiedPostback, State(runs): Runs| {
            started_in.notify_one();
            go_on_in.notified().await;
            runs.fetch_add(1, Ordering::SeqCst);
            done_in.notify_one();
            Ok::<_, &str>(())
        },
    );
    let first = tokio::spawn({
        let app = app.clone();
        async move { post(&app, genuine().json()).await.status() }
    });
    started.notified().await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    go_on.notify_one();
    done.notified().await;
    // The effect has happened; until the store knows it, the answer is to come back.
    loop {
        match post(&app, genuine().json()).await.status() {
            StatusCode::SERVICE_UNAVAILABLE => tokio::task::yield_now().await,
            status => break assert_eq!(status, StatusCode::OK),
        }
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn after_an_error_or_a_panic_the_payment_is_free_again() {
    let (app, runs) = app(
        inbox(10),
        async |_: VerifiedPostback, State(runs): Runs| match runs.fetch_add(1, Ordering::SeqCst) {
            0 => Err("the database of the shop is away"),
            1 => panic!("on purpose"),
            _ => Ok(()),
        },
    );
    let failed = r#"{"error":"Internal error"}"#.to_owned();
    for _ in 0..2 {
        let response = post(&app, genuine().json()).await;
        assert_eq!(answer(response).await, (500, None, failed.clone()));
    }
    assert_eq!(post(&app, genuine().json()).await.status(), 200);
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn without_a_claim_the_handler_does_not_run() {
    let (app, runs) = app(inbox(1), paid);
    assert_eq!(post(&app, genuine().json()).await.status(), 200);
    let other = genuine().invoice_id("89UX09KA").json();
    let full = r#"{"error":"Temporarily unavailable"}"#.to_owned();
    let (status, retry_after, body) = answer(post(&app, other).await).await;
    assert_eq!((status, body), (503, full));
    assert!(retry_after.is_some());
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_handler_can_ask_for_none_and_for_many() {
    fn none(_: VerifiedPostback) -> impl Future<Output = Result<(), &'static str>> {
        ready(Ok(()))
    }
    async fn many(
        _: VerifiedPostback,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        State(runs): Runs,
        _: (),
        _: RawQuery,
    ) -> Result<(), &'static str> {
        assert_eq!((method, uri.path()), (Method::POST, "/"));
        assert!(headers.is_empty());
        runs.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    let (few, _) = app(inbox(10), none);
    assert_eq!(post(&few, genuine().json()).await.status(), 200);
    let (most, runs) = app(inbox(10), many);
    assert_eq!(post(&most, genuine().json()).await.status(), 200);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

/// An extractor that refuses leaves no claim behind.
#[tokio::test]
async fn a_refused_extractor_answers_for_itself() {
    async fn never(_: VerifiedPostback, _: Extension<u8>) -> Result<(), &'static str> {
        panic!("the handler ran")
    }
    let inbox = inbox(10);
    let (refusing, _) = app(inbox.clone(), never);
    assert_eq!(post(&refusing, genuine().json()).await.status(), 500);
    let (app, runs) = app(inbox, paid);
    assert_eq!(post(&app, genuine().json()).await.status(), 200);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
