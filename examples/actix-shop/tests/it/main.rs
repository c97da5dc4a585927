//! The shop on a database of its own for each test.

mod faults;
mod orders;
mod payments;
mod races;
mod unsettled;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix_shop::{Shop, configure};
use actix_web::{
    App,
    http::{Method, header},
    test::{TestRequest, call_service, init_service, read_body},
};
use cryptocloud_postback::testing::{NOW, PostbackBuilder};
use cryptocloud_postback_actix_web::core::{SecretKey, Verifier};
use cryptocloud_postback_sqlx::sqlx::{self, PgPool, postgres::PgConnectOptions};
use serde_json::Value;
use throw_away_servers::{PostgresServer, Shared};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

struct Server {
    options: PgConnectOptions,
    shop: Shop,
    /// Runs for as long as a test needs it.
    postgres: Arc<PostgresServer>,
}

impl Server {
    /// None where PostgreSQL is not installed.
    async fn start(name: &str) -> TestResult<Option<Self>> {
        static POSTGRES: Shared<PostgresServer> = Shared::new();
        match POSTGRES.get(PostgresServer::start) {
            Some(postgres) => Self::start_on(postgres, name).await.map(Some),
            None => Ok(None),
        }
    }

    async fn start_on(postgres: Arc<PostgresServer>, name: &str) -> TestResult<Self> {
        let options: PgConnectOptions = postgres.url().parse()?;
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        let server = PgPool::connect_with(options.clone()).await?;
        sqlx::raw_sql(create).execute(&server).await?;
        let options = options.database(name);
        Ok(Self {
            shop: Shop::connect(options.clone()).await?,
            options,
            postgres,
        })
    }

    /// As another process does, or this one after a restart.
    async fn open_again(&self) -> TestResult<Shop> {
        Shop::connect(self.options.clone()).await
    }

    /// Another connection, as of a person's own tools.
    async fn database(&self) -> TestResult<PgPool> {
        Ok(PgPool::connect_with(self.options.clone()).await?)
    }
}

struct Answer {
    body: Value,
    retry_after: Option<String>,
    status: u16,
}

async fn send(shop: &Shop, method: &str, path: &str, body: (&str, &str)) -> TestResult<Answer> {
    let verifier = verifier()?;
    let app = App::new().configure(|config| configure(config, shop.clone(), verifier));
    let request = TestRequest::with_uri(path)
        .method(Method::from_bytes(method.as_bytes())?)
        .insert_header((header::CONTENT_TYPE, body.0))
        .set_payload(body.1.to_owned());
    let response = call_service(&init_service(app).await, request.to_request()).await;
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok());
    Ok(Answer {
        retry_after: retry_after.map(Into::into),
        status: response.status().as_u16(),
        body: serde_json::from_slice(&read_body(response).await)?,
    })
}

async fn get(shop: &Shop, path: &str) -> TestResult<Answer> {
    send(shop, "GET", path, ("", "")).await
}

async fn create(shop: &Shop, order: &str) -> TestResult<Answer> {
    send(shop, "POST", "/orders", ("application/json", order)).await
}

async fn pay(shop: &Shop, postback: &PostbackBuilder) -> TestResult<Answer> {
    let body = postback.json().body();
    let body = ("application/json", str::from_utf8(&body)?);
    send(shop, "POST", "/postback", body).await
}

/// For the order `A` of 12.5 USDT_TRC20.
fn postback() -> PostbackBuilder {
    let postback = PostbackBuilder::new(SECRET).order_id("A");
    postback.amount("12.5").currency("USDT_TRC20")
}

const ORDER: &str = r#"{"id":"A","amount":"12.5","currency":"USDT_TRC20"}"#;

fn verifier() -> TestResult<Verifier> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    let verifier = Verifier::builder(SecretKey::new(SECRET)?).accept_any_status(true);
    Ok(verifier.clock(move || now).build()?)
}
