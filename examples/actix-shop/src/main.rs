//! Serves the shop, or migrates its database. The library's documentation says how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use actix_shop::{PayOrder, Shop, Vendor};
use actix_web::{App, HttpServer, dev::Service};
use cryptocloud_postback_actix_web::core::{SecretKey, Verifier};
use cryptocloud_postback_sqlx::PostgresStore;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;
use tracing_subscriber::EnvFilter;

#[actix_web::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}"));
            eprintln!("{error}{}", cause.unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1).as_deref() {
        None => serve().await,
        Some("migrate") => migrate().await,
        Some(_) => Err("usage: actix-shop [migrate]".into()),
    }
}

/// Needs a role that may create tables and a schema.
async fn migrate() -> Result<(), Box<dyn Error>> {
    let pool = connect().await?;
    PostgresStore::new(pool.clone()).migrate().await?;
    sqlx::raw_sql(include_str!("../sql/schema.sql"))
        .execute(&pool)
        .await?;
    Ok(())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let secret = env::var("CRYPTOCLOUD_SECRET_KEY")
        .map_err(|_| "set CRYPTOCLOUD_SECRET_KEY to the SECRET KEY of your project's settings")?;
    let secret =
        SecretKey::new(secret).map_err(|error| format!("CRYPTOCLOUD_SECRET_KEY: {error}"))?;
    let verifier = Verifier::new(secret)?;
    let vendor = Vendor::from_env()?;
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let address: SocketAddr = address
        .parse()
        .map_err(|_| "set LISTEN_ADDR to an address and a port, such as 127.0.0.1:3000")?;

    let shop = Shop::open(connect().await?, vendor, PayOrder).await?;
    let for_app = (verifier, shop.clone(), Handle::current());
    let server = HttpServer::new(move || {
        let (verifier, shop, runtime) = for_app.clone();
        App::new()
            // Each worker has a runtime of its own, which ends when the server stops. A connection that
            // a request opened there would break under the handlers that still use it.
            .wrap_fn(move |request, app| TokioContext::new(app.call(request), runtime.clone()))
            .configure(|config| actix_shop::configure(config, verifier, shop))
    })
    .shutdown_timeout(GRACE.as_secs())
    .bind(address)
    .map_err(|error| format!("{address}: {error}"))?;
    for address in server.addrs() {
        writeln!(io::stdout(), "listening on http://{address}/postback")?;
    }
    // SIGTERM stops it, once the requests in flight have their responses.
    tokio::select! {
        result = server.run() => result?,
        () = shop.reconcile() => (),
    }
    shop.inbox.drain(GRACE).await;
    Ok(())
}

async fn connect() -> Result<PgPool, Box<dyn Error>> {
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
    Ok(pool.map_err(|error| format!("DATABASE_URL: {error}"))?)
}

/// How long requests, and then handlers, may take to finish. Handlers are released after that.
const GRACE: Duration = Duration::from_secs(10);
