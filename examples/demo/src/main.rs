//! Serves the demo; see the library how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use axum_shop::Shop;
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use cryptocloud_postback_sqlx::SqliteStore;
use demo::{Changes, DemoSecret, Simulator, demo};
use shop::{Backend, PROJECT};
use tokio::{net::TcpListener, time::sleep};
use tracing_subscriber::EnvFilter;

#[tokio::main]
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
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let address = address()?;
    let folder = env::var_os("DATA_DIR").map_or_else(|| "data".into(), PathBuf::from);
    let in_folder = |error: &dyn Error| format!("{}: {}", folder.display(), line(error));
    fs::create_dir_all(&folder).map_err(|error| in_folder(&error))?;
    let secret = DemoSecret::new(&folder);
    let path = secret.path().display();
    let text = secret.get().map_err(|error| format!("{path}: {error}"))?;
    let verifier = Verifier::new(SecretKey::new(text.as_str())?)?;
    let file = folder.join("demo.sqlite");
    let shop = Shop::open(&file, None)
        .await
        .map_err(|error| in_folder(&*error))?;
    let inbox = shop.start(PROJECT.into()).await;
    let inbox = inbox.map_err(|error| in_folder(&*error))?;

    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address}: {error}"))?;
    let address = listener.local_addr()?;
    let changes = Changes::default();
    tokio::spawn(changes.clone().follow(SqliteStore::connect_options(&file)));
    let app = demo(
        shop,
        inbox.clone(),
        verifier,
        Simulator::new(text, address)?,
        changes.clone(),
    );
    let mut output = io::stdout();
    writeln!(output, "listening on http://{address}/postback")?;
    writeln!(
        output,
        "the secret is the demo's own, in {path}: run axum-shop for real payments"
    )?;
    writeln!(output, "open http://{address}/")?;
    let stopped = async move {
        stop().await.unwrap_or_default();
        changes.end();
    };
    tokio::select! {
        result = axum::serve(listener, app).with_graceful_shutdown(stopped) => result?,
        // Requests in flight get their response, but none delays the end for longer.
        result = async { stop().await?; sleep(GRACE).await; io::Result::Ok(()) } => result?,
    }
    inbox.drain(GRACE).await;
    Ok(())
}

/// The page needs no password, so only this machine can open it.
fn address() -> Result<SocketAddr, &'static str> {
    let text = env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let address: Option<SocketAddr> = text.parse().ok();
    address
        .filter(|address| address.ip().is_loopback())
        .ok_or("set LISTEN_ADDR to a loopback address and a port, such as 127.0.0.1:3000")
}

/// An error and what caused it.
fn line(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
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
