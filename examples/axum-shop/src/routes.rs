use std::time::Duration;

use axum::{
    Json, Router,
    extract::{FromRef, Path, State, rejection::JsonRejection},
    http::StatusCode,
    routing::{any, get},
};
use cryptocloud_postback_axum::{PostbackRejection, Received, VerifiedPostback, core::Verifier};
use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use tokio::time;

use crate::{Error, Order, Shop, UnsettledPayment, order::OrderForm};

/// All routes, to mount with [`Router::merge`] or [`Router::nest`].
pub fn router(shop: Shop, verifier: Verifier) -> Router {
    orders(shop.clone()).merge(postback(shop, verifier))
}

/// `/orders` and `/unsettled`, which anybody may use who reaches them: put your own login before them.
pub fn orders(shop: Shop) -> Router {
    Router::new()
        .route("/orders", get(list).post(create))
        .route("/orders/{id}", get(find))
        .route("/unsettled", get(unsettled))
        .with_state(shop)
}

/// `/postback` alone.
pub fn postback(shop: Shop, verifier: Verifier) -> Router {
    // `any`, since the extractor answers other methods than POST with 405.
    Router::new()
        .route("/postback", any(pay))
        .with_state(Till { shop, verifier })
}

/// What a payment needs.
#[derive(Clone)]
struct Till {
    shop: Shop,
    verifier: Verifier,
}

impl FromRef<Till> for Shop {
    fn from_ref(till: &Till) -> Self {
        till.shop.clone()
    }
}

impl FromRef<Till> for Verifier {
    fn from_ref(till: &Till) -> Self {
        till.verifier.clone()
    }
}

/// Pays for genuine postbacks only, and answers 200 only after the commit.
///
/// A payment that a person has to look at is answered with 200 too: it is kept, and the vendor cannot
/// make it right by sending it again.
async fn pay(
    State(shop): State<Shop>,
    postback: Result<VerifiedPostback, PostbackRejection>,
) -> Result<Result<Received, PostbackRejection>, Error> {
    let VerifiedPostback(postback) = match postback {
        Ok(postback) => postback,
        Err(rejection) => {
            let error = rejection.into_inner();
            shop.record_refused(&error).await;
            return Ok(Err(error.into()));
        }
    };
    let payment = in_time(shop.pay(&postback)).await;
    shop.record(&postback, &payment).await;
    payment?;
    Ok(Ok(Received))
}

async fn create(
    State(shop): State<Shop>,
    form: Result<Json<OrderForm>, JsonRejection>,
) -> Result<(StatusCode, Json<Order>), Error> {
    let Json(form) = form?;
    let order = form.try_into()?;
    let order = in_time(shop.create(&order)).await?;
    Ok((StatusCode::CREATED, Json(order)))
}

async fn find(State(shop): State<Shop>, Path(id): Path<String>) -> Result<Json<Order>, Error> {
    in_time(shop.find(&id)).await.map(Json)
}

async fn list(State(shop): State<Shop>) -> Result<Json<Vec<Order>>, Error> {
    in_time(shop.orders()).await.map(Json)
}

async fn unsettled(State(shop): State<Shop>) -> Result<Json<Vec<UnsettledPayment>>, Error> {
    in_time(shop.unsettled()).await.map(Json)
}

/// Nobody waits for a database that hangs: what has begun is rolled back.
pub(crate) async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match time::timeout(LIMIT, work).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::from(StoreErrorKind::TimedOut).into()),
    }
}

const LIMIT: Duration = Duration::from_secs(5);
