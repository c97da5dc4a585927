//! Serves the router of this crate; its documentation says how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use axum_shop::{Shop, Vendor, router};
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use tokio::{net::TcpListener, time::sleep};

#[tokio::main]
async fn main() -> ExitCode {
    let log = tracing_subscriber::fmt().with_writer(io::stderr);
    log.with_ansi(io::stderr().is_terminal()).init();
    if let Err(error) = run().await {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn run() -> Result<(), Box<dyn Error>> {
    let secret = env::var("CRYPTOCLOUD_SECRET_KEY")
        .map_err(|_| "set CRYPTOCLOUD_SECRET_KEY to the SECRET KEY of your project's settings")?;
    let secret = SecretKey::new(secret).map_err(in_setting("CRYPTOCLOUD_SECRET_KEY"))?;
    let vendor = Vendor::from_env()?;
    let address = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(in_setting("LISTEN_ADDR"))?;
    let file = env::var("DATABASE_FILE").unwrap_or_else(|_| "shop.sqlite".to_owned());
    let shop = Shop::open(file, vendor).await;
    let shop = shop.map_err(in_setting("DATABASE_FILE"))?;

    let address = listener.local_addr()?;
    writeln!(io::stdout(), "listening on http://{address}/postback")?;
    let server = axum::serve(listener, router(shop.clone(), Verifier::new(secret)?))
        .with_graceful_shutdown(async { stop().await.unwrap_or_default() });
    tokio::select! {
        result = server => result?,
        () = shop.reconcile() => (),
        // Requests in flight get their response, but none delays the end for longer.
        result = async { stop().await?; sleep(GRACE).await; io::Result::Ok(()) } => result?,
    }
    shop.inbox.drain(GRACE).await;
    Ok(())
}

/// Names the setting to correct.
fn in_setting<E: Into<Box<dyn Error>>>(name: &str) -> impl Fn(E) -> String {
    move |error| {
        let error = error.into();
        let cause = error.source().map(|cause| format!(": {cause}"));
        format!("{name}: {error}{}", cause.unwrap_or_default())
    }
}

/// Waits for Ctrl-C, or for SIGTERM on Unix.
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

const GRACE: Duration = Duration::from_secs(10);
