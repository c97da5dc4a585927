//! `postback_route`: what is genuine goes to the inbox, and each payment is handled once.

use std::net::SocketAddr;

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
};
use cryptocloud_postback_axum::{
    PostbackConfig,
    core::Verifier,
    inbox::{Inbox, State},
    postback_route,
};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::{
    route::{Ended, Setup},
    shop::{Shop, record},
    verifier::{SECRET, verifier},
};

#[path = "shared/cases.rs"]
mod cases;
#[path = "../../cryptocloud-postback-inbox/tests/shared/faulty.rs"]
mod faulty;
#[path = "shared/route.rs"]
mod route;
#[path = "shared/shop.rs"]
mod shop;
#[path = "shared/verifier.rs"]
mod verifier;
#[path = "shared/wire.rs"]
mod wire;

async fn serve(verifier: Verifier, inbox: Inbox, setup: Setup) -> SocketAddr {
    let mut config = PostbackConfig::default();
    if let Some(timeout) = setup.body_timeout {
        config = config.body_timeout(timeout);
    }
    let app: Router = Router::new()
        .route("/", postback_route(verifier, inbox))
        .layer(Extension(config))
        .layer(from_fn(move |request: Request, next: Next| {
            let ended = Ended(setup.ended.clone());
            async move {
                let response = next.run(request).await;
                drop(ended);
                response
            }
        }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn responds_as_the_table_says() {
    route::responds_as_the_table_says(serve).await;
}

#[tokio::test]
async fn refuses_another_project() {
    route::refuses_another_project(serve).await;
}

/// With the same bytes, and nothing of it is stored.
#[tokio::test]
async fn refuses_what_the_extractor_refuses() {
    let shop = Shop::default();
    let inbox = shop.builder(shop.store()).build().expect("an inbox");
    let app: Router = Router::new().route("/", postback_route(verifier(SECRET), inbox.clone()));
    for case in cases::all() {
        let mut request = Request::builder().method(case.method).uri("/");
        for (name, value) in &case.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(case.body.clone()));
        let response = app.clone().oneshot(request.expect("a request")).await;
        let (parts, body) = response.expect("a response").into_parts();
        let body = to_bytes(body, 1000).await.expect("a body");
        let header = |name: &str| {
            let value = parts.headers.get(name)?.to_str().expect("text");
            Some(value.to_owned())
        };
        case.check("route", parts.status.as_u16(), header, &body);
    }
    // The genuine ones are one payment.
    assert_eq!(record(&inbox, "ILRAJE1Q").await.state, State::Done);
    assert_eq!(shop.runs(), (1, 1));
}

#[tokio::test]
async fn cuts_off_a_slow_sender() {
    route::cuts_off_a_slow_sender(serve).await;
}

#[tokio::test]
async fn a_slow_handler_goes_on() {
    route::a_slow_handler_goes_on(serve).await;
}

#[tokio::test]
async fn goes_on_if_the_sender_hangs_up() {
    route::goes_on_if_the_sender_hangs_up(serve, true).await;
}

#[tokio::test]
async fn a_failed_payment_is_paid_without_a_resend() {
    route::a_failed_payment_is_paid_without_a_resend(serve).await;
}

#[tokio::test]
async fn a_resend_after_a_fault_is_paid() {
    route::a_resend_after_a_fault_is_paid(serve).await;
}

#[tokio::test]
async fn what_is_stored_first_is_handled_once() {
    route::what_is_stored_first_is_handled_once(serve).await;
}

#[tokio::test]
async fn drains() {
    route::drains(serve).await;
}

#[tokio::test]
async fn releases_what_does_not_finish() {
    route::releases_what_does_not_finish(serve).await;
}
