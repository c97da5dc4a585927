use std::error::Error;

use axum::{
    Router,
    extract::{FromRef, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use cryptocloud_postback::Verifier;
use cryptocloud_postback_axum::{Received, VerifiedPostback, postback_route};
use cryptocloud_postback_sqlx::sqlx;
use durability::{Mode, Options};
use tokio::net::TcpListener;

use crate::{announce, shop::Shop};

impl FromRef<Shop> for Verifier {
    fn from_ref(shop: &Shop) -> Self {
        shop.verifier()
    }
}

pub(crate) async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let shop = Shop::open(options).await?;
    let route = match shop.mode() {
        Mode::Lease => postback_route(shop.verifier(), shop.inbox(), credit),
        Mode::Transaction => any(pay),
    };
    let app = Router::new().route("/postback", route).with_state(shop);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    announce(listener.local_addr()?)?;
    Ok(axum::serve(listener, app).await?)
}

async fn credit(
    VerifiedPostback(postback): VerifiedPostback,
    State(shop): State<Shop>,
) -> sqlx::Result<()> {
    shop.credit(&postback).await
}

async fn pay(
    State(shop): State<Shop>,
    VerifiedPostback(postback): VerifiedPostback,
) -> Result<Received, Response> {
    match shop.pay(&postback).await {
        Ok(_) => Ok(Received),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code());
            let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let retry_after = error.retry_after().map(|seconds| seconds.to_string());
            let headers = [(header::RETRY_AFTER, retry_after.unwrap_or_default())];
            Err((status, headers, error.body_text()).into_response())
        }
    }
}
