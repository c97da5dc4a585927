//! The shop on a file of its own for each test.

mod demo;
mod faults;
mod orders;
mod payments;
mod program;
mod races;
mod secret;
mod unsettled;

use std::{
    env, fs, io,
    path::PathBuf,
    process,
    time::{Duration, SystemTime},
};

use axum::{
    body::Body,
    http::{Request, header},
};
use axum_shop::{Shop, router};
use cryptocloud_postback::testing::{NOW, PostbackBuilder};
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use cryptocloud_postback_sqlx::{
    SqliteStore,
    sqlx::{SqlitePool, sqlite::SqlitePoolOptions},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

struct Server {
    folder: PathBuf,
    shop: Shop,
}

impl Server {
    async fn start(name: &str) -> TestResult<Self> {
        let folder = env::temp_dir().join(format!("axum-shop-{name}-{}", process::id()));
        fs::create_dir(&folder)?;
        let shop = Shop::open(folder.join("shop.sqlite")).await?;
        Ok(Self { folder, shop })
    }

    /// As another process does, or this one after a restart.
    async fn open_again(&self) -> TestResult<Shop> {
        Shop::open(self.folder.join("shop.sqlite")).await
    }

    /// Another connection, as of a person's own tools.
    async fn database(&self) -> TestResult<SqlitePool> {
        let options = SqliteStore::connect_options(self.folder.join("shop.sqlite"));
        // One, since the others would not know of tables that it renames.
        let pool = SqlitePoolOptions::new().max_connections(1);
        Ok(pool.connect_with(options).await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _: io::Result<()> = fs::remove_dir_all(&self.folder);
    }
}

struct Answer {
    body: Value,
    retry_after: Option<String>,
    status: u16,
}

async fn send(shop: &Shop, method: &str, path: &str, body: (&str, &str)) -> TestResult<Answer> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, body.0)
        .body(Body::from(body.1.to_owned()))?;
    let response = router(shop.clone(), verifier()?).oneshot(request).await?;
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok());
    Ok(Answer {
        retry_after: retry_after.map(Into::into),
        status: response.status().as_u16(),
        body: serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?,
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
