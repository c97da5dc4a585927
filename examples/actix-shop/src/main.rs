//! Serves the routes of this crate; see there how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
};

use actix_shop::Shop;
use actix_web::{App, HttpServer};
use cryptocloud_postback_actix_web::core::{SecretKey, Verifier};
use cryptocloud_postback_sqlx::sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;

#[actix_web::main]
async fn main() -> ExitCode {
    // The shop logs what is paid, and the extractor what is refused.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,cryptocloud_postback=warn,sqlx=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let (verifier, address, database) = match settings() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let result = match Shop::connect(database).await {
        Ok(shop) => serve(shop, verifier, address)
            .await
            .map_err(|error| format!("{address}: {error}")),
        Err(error) => Err(format!("DATABASE_URL: {}", line(&*error))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Settings = (Verifier, SocketAddr, PgConnectOptions);

fn settings() -> Result<Settings, Box<dyn Error>> {
    let secret = env::var("CRYPTOCLOUD_SECRET_KEY")
        .map_err(|_| "set CRYPTOCLOUD_SECRET_KEY to the SECRET KEY of your project's settings")?;
    let secret = SecretKey::new(secret).map_err(|error| {
        format!(
            "CRYPTOCLOUD_SECRET_KEY: {error}; set it to the SECRET KEY of your project's settings"
        )
    })?;
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let address = address
        .parse()
        .map_err(|_| "set LISTEN_ADDR to an address and a port, such as 127.0.0.1:3000")?;
    // sqlx takes any scheme, and its error's text may hold the password.
    let database = env::var("DATABASE_URL")
        .ok()
        .filter(|url| url.starts_with("postgres://") || url.starts_with("postgresql://"))
        .and_then(|url| url.parse().ok())
        .ok_or("set DATABASE_URL to a database, such as postgres://user:password@127.0.0.1/shop")?;
    Ok((Verifier::new(secret)?, address, database))
}

async fn serve(shop: Shop, verifier: Verifier, address: SocketAddr) -> io::Result<()> {
    let server = HttpServer::new(move || {
        App::new().configure(|config| {
            actix_shop::configure(config, shop.clone(), verifier.clone());
        })
    })
    // Of its own, since actix-web's drops requests in flight at Ctrl-C.
    .disable_signals()
    .shutdown_timeout(GRACE_SECONDS)
    .bind(address)?;
    for address in server.addrs() {
        writeln!(io::stdout(), "listening on http://{address}/postback")?;
    }
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        if let Err(error) = stop().await {
            tracing::error!("cannot wait for signals: {error}");
        }
        handle.stop(true).await;
    });
    server.await
}

/// Waits for Ctrl-C, or for SIGTERM where there is one.
async fn stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// An error and what caused it, in one line. The database's own error repeats what is below it.
fn line(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

const GRACE_SECONDS: u64 = 10;
