//! `postback_route`: what is genuine goes to the inbox, and each payment is handled once.

use std::net::SocketAddr;

use axum::{
    Extension, Router,
    extract::Request,
    middleware::{Next, from_fn},
};
use cryptocloud_postback_axum::{PostbackConfig, core::Verifier, inbox::Inbox, postback_route};
use tokio::net::TcpListener;

use crate::route::{Ended, Setup};

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
