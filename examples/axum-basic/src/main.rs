//! Serves the router of this crate; its documentation says how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use axum_basic::{Order, Orders};
use cryptocloud_postback_axum::core::{Currency, InvoiceId, SecretKey, Verifier};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    // The handler logs what is paid, and the extractor what is refused.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,cryptocloud_postback=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let (verifier, orders, address) = match settings() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match serve(verifier, orders, address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<(Verifier, Orders, SocketAddr), Box<dyn Error>> {
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
    let order = Order {
        id: "ORDER_93223".to_owned(),
        amount: "0.000113".parse()?,
        currency: Currency::Bnb,
        is_paid: false,
    };
    let orders = [(InvoiceId::parse("ILRAJE1Q")?, order)];
    Ok((
        Verifier::new(secret)?,
        orders.into_iter().collect(),
        address,
    ))
}

async fn serve(verifier: Verifier, orders: Orders, address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    writeln!(
        io::stdout(),
        "listening on http://{}/postback",
        listener.local_addr()?
    )?;
    let server = axum::serve(listener, axum_basic::router(verifier, orders))
        .with_graceful_shutdown(async { stop().await.unwrap_or_default() });
    tokio::select! {
        result = server => result,
        // Requests in flight get their response, but none delays the end for longer.
        result = async { stop().await?; tokio::time::sleep(GRACE).await; Ok(()) } => result,
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
