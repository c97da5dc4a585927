//! Serves the shop, or migrates its database. The library's documentation says how to run it.
#![forbid(unsafe_code)]

use std::{env, process::ExitCode, time::Duration};

use actix_shop::Shop;
use actix_web::{App, HttpServer, dev::Service};
use cryptocloud_postback_sqlx::PostgresStore;
use shop::{BoxError, GRACE, PrometheusHandle, Settings, in_setting};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

#[actix_web::main]
async fn main() -> ExitCode {
    let command = async |metrics| match env::args().nth(1).as_deref() {
        None => serve(metrics).await,
        Some("migrate") => migrate().await,
        Some(_) => Err("usage: actix-shop [migrate]".into()),
    };
    shop::run(env!("CARGO_PKG_NAME"), command).await
}

/// Needs a role that may create tables and a schema.
async fn migrate() -> Result<(), BoxError> {
    let store = connect().await?;
    store.migrate().await?;
    let schema = sqlx::raw_sql(include_str!("../sql/schema.sql"));
    schema.execute(store.pool()).await?;
    Ok(())
}

async fn serve(metrics: PrometheusHandle) -> Result<(), BoxError> {
    let settings = Settings::from_env()?;
    let (store, vendor) = (connect().await?, settings.vendor.clone());
    let shop = Shop { store, vendor };
    let postbacks = settings.postbacks(&shop).await?;
    let for_app = (shop, postbacks.clone(), metrics, Handle::current());
    let server = HttpServer::new(move || {
        let (shop, postbacks, metrics, runtime) = for_app.clone();
        App::new()
            // Each worker has a runtime of its own, which ends when the server stops. A connection that
            // a request opened there would break under the handlers that still use it.
            .wrap_fn(move |request, app| TokioContext::new(app.call(request), runtime.clone()))
            .route("/metrics", shop::actix::metrics(metrics))
            .configure(|config| actix_shop::configure(config, shop, postbacks))
    });
    let server = server.shutdown_timeout(GRACE.as_secs());
    // SIGTERM stops it, once the requests in flight have their responses.
    server.listen(settings.listener)?.run().await?;
    postbacks.drain().await;
    Ok(())
}

async fn connect() -> Result<PostgresStore, BoxError> {
    // sqlx takes any scheme, and its error may hold the password.
    let options = env::var("DATABASE_URL")
        .ok()
        .filter(|url| url.starts_with("postgres://") || url.starts_with("postgresql://"))
        .and_then(|url| url.parse::<PgConnectOptions>().ok())
        .ok_or("set DATABASE_URL to a database, such as postgres://user:password@127.0.0.1/shop")?;
    // For the shop's own statements; the inbox sets limits of its own.
    let options = options.options([("lock_timeout", "2s"), ("statement_timeout", "4s")]);
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(4));
    let pool = pool.connect_with(options).await;
    let pool = pool.map_err(in_setting("DATABASE_URL"))?;
    Ok(PostgresStore::new(pool))
}
