//! Serves the router of this crate; see there how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use axum_shop::Shop;
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    // The shop logs what is paid, and the extractor what is refused.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,cryptocloud_postback=warn,sqlx=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let (verifier, address) = match settings() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let folder = env::var_os("DATA_DIR").map_or_else(|| "data".into(), PathBuf::from);
    let result = match open(&folder).await {
        Ok(shop) => serve(shop, verifier, address)
            .await
            .map_err(|error| format!("{address}: {error}")),
        Err(error) => Err(format!("{}: {}", folder.display(), line(&*error))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<(Verifier, SocketAddr), Box<dyn Error>> {
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
    Ok((Verifier::new(secret)?, address))
}

async fn open(folder: &Path) -> Result<Shop, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    Shop::open(folder.join("shop.sqlite")).await
}

async fn serve(shop: Shop, verifier: Verifier, address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    writeln!(
        io::stdout(),
        "listening on http://{}/postback",
        listener.local_addr()?
    )?;
    let server = axum::serve(listener, axum_shop::router(shop, verifier))
        .with_graceful_shutdown(async { stop().await.unwrap_or_default() });
    tokio::select! {
        result = server => result,
        // Requests in flight are answered, but nobody holds the process up for longer.
        result = async { stop().await?; tokio::time::sleep(GRACE).await; Ok(()) } => result,
    }
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

const GRACE: Duration = Duration::from_secs(10);
