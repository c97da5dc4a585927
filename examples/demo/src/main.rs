//! Serves the demo; see the library how to run it.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    num::NonZero,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use cryptocloud_postback_cli::serve;
use demo::{Demo, DemoSecret};
use shop::GRACE;
use tokio::net::TcpListener;
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
    if env::args_os().len() > 1 {
        return Err(
            "the demo takes no arguments: set LISTEN_ADDR, DATA_DIR or RECONCILE_SECONDS".into(),
        );
    }
    let address: SocketAddr = setting("LISTEN_ADDR", "127.0.0.1:3000")
        .parse()
        .ok()
        // The page needs no password, so only this machine can open it.
        .filter(|address: &SocketAddr| address.ip().is_loopback())
        .ok_or("set LISTEN_ADDR to a loopback address and a port, such as 127.0.0.1:3000")?;
    let seconds: NonZero<u32> = setting("RECONCILE_SECONDS", "5")
        .parse()
        .map_err(|_| "set RECONCILE_SECONDS to a number of seconds")?;
    let folder = env::var_os("DATA_DIR").map_or_else(|| "data".into(), PathBuf::from);
    let in_folder = |error: &dyn Error| format!("{}: {}", folder.display(), line(error));
    fs::create_dir_all(&folder).map_err(|error| in_folder(&error))?;
    let listener = TcpListener::bind(address).await;
    let listener =
        listener.map_err(|error| format!("{address}: {error}: set LISTEN_ADDR to another"))?;
    let address = listener.local_addr()?;
    // Two demos would pay each other's orders. The lock ends with the process.
    let lock = File::create(folder.join("lock")).map_err(|error| in_folder(&error))?;
    let shown = folder.display();
    lock.try_lock()
        .map_err(|_| format!("{shown}: another demo uses this folder: set DATA_DIR to another"))?;
    let interval = Duration::from_secs(seconds.get().into());
    let demo = Demo::open(&folder, address, interval).await;
    let demo = demo.map_err(|error| in_folder(&*error))?;

    let path = DemoSecret::new(&folder).path().display().to_string();
    let text = format!(
        "listening on http://{address}/postback\n\
         the secret is the demo's own, in {path}: run axum-shop for real payments\n\
         open http://{address}/\n"
    );
    io::stdout().write_all(text.as_bytes())?;
    let server = serve(listener, demo.router(), GRACE, || demo.changes.end());
    tokio::join!(server, demo.follow()).0?;
    demo.inbox.drain(GRACE).await;
    Ok(())
}

fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// An error and what caused it.
fn line(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}
