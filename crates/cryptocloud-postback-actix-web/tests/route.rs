//! `postback_route`: what is genuine goes to the inbox, and each payment is handled once.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{ServerHandle, Service},
    rt,
};
use cryptocloud_postback_actix_web::{
    PostbackConfig,
    core::Verifier,
    inbox::{Inbox, State},
    postback_route,
};
use tokio::sync::Notify;

use crate::{
    route::{Ended, Setup, post},
    shop::{Shop, postback, record},
    verifier::{SECRET, verifier},
};

#[path = "../../cryptocloud-postback-inbox/tests/shared/faulty.rs"]
mod faulty;
#[path = "../../cryptocloud-postback-axum/tests/shared/route.rs"]
mod route;
#[path = "../../cryptocloud-postback-axum/tests/shared/shop.rs"]
mod shop;
#[path = "../../cryptocloud-postback-axum/tests/shared/verifier.rs"]
mod verifier;
#[path = "../../cryptocloud-postback-axum/tests/shared/wire.rs"]
mod wire;

async fn serve(verifier: Verifier, inbox: Inbox, setup: Setup) -> SocketAddr {
    start(verifier, inbox, setup, Arc::default()).0
}

/// A server with one worker, which has a runtime of its own; `stopped` is notified when that ends.
fn start(
    verifier: Verifier,
    inbox: Inbox,
    setup: Setup,
    stopped: Arc<Notify>,
) -> (SocketAddr, ServerHandle) {
    let mut config = PostbackConfig::default();
    if let Some(timeout) = setup.body_timeout {
        config = config.body_timeout(timeout);
    }
    let app = move || {
        let runtime = Ended(stopped.clone());
        tokio::spawn(async move {
            let _runtime = runtime;
            pending::<()>().await;
        });
        let ended = setup.ended.clone();
        App::new()
            .app_data(config.clone())
            .wrap_fn(move |request, app| {
                let ended = Ended(ended.clone());
                let response = app.call(request);
                async move {
                    let response = response.await;
                    drop(ended);
                    response
                }
            })
            .route("/", postback_route(verifier.clone(), inbox.clone()))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0));
    let server = server.expect("a port");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    rt::spawn(server);
    (address, handle)
}

#[actix_web::test]
async fn responds_as_the_table_says() {
    route::responds_as_the_table_says(serve).await;
}

#[actix_web::test]
async fn refuses_another_project() {
    route::refuses_another_project(serve).await;
}

#[actix_web::test]
async fn cuts_off_a_slow_sender() {
    route::cuts_off_a_slow_sender(serve).await;
}

#[actix_web::test]
async fn a_slow_handler_goes_on() {
    route::a_slow_handler_goes_on(serve).await;
}

/// actix-web does not look at the connection while the route works.
#[actix_web::test]
async fn goes_on_if_the_sender_hangs_up() {
    route::goes_on_if_the_sender_hangs_up(serve, false).await;
}

#[actix_web::test]
async fn a_failed_payment_is_paid_without_a_resend() {
    route::a_failed_payment_is_paid_without_a_resend(serve).await;
}

#[actix_web::test]
async fn a_resend_after_a_fault_is_paid() {
    route::a_resend_after_a_fault_is_paid(serve).await;
}

#[actix_web::test]
async fn what_is_stored_first_is_handled_once() {
    route::what_is_stored_first_is_handled_once(serve).await;
}

#[actix_web::test]
async fn drains() {
    route::drains(serve).await;
}

#[actix_web::test]
async fn releases_what_does_not_finish() {
    route::releases_what_does_not_finish(serve).await;
}

/// The runtimes of the workers end with the server; the work of the inbox does not.
#[actix_web::test]
async fn work_goes_on_after_the_server_has_stopped() {
    let shop = Shop::default();
    let inbox = shop.impatient(shop.store()).build().expect("an inbox");
    let (stopped, setup) = (Arc::<Notify>::default(), Setup::default());
    let (address, server) = start(verifier(SECRET), inbox.clone(), setup, stopped.clone());
    post(address, &postback("A", "gate").json()).await;
    server.stop(true).await;
    stopped.notified().await;
    assert_eq!(shop.runs(), (1, 0));
    shop.gate.notify_one();
    inbox.drain(Duration::from_secs(60)).await;
    assert_eq!(record(&inbox, "A").await.state, State::Done);
    assert_eq!(shop.runs(), (1, 1));
}
