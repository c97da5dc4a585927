//! What the local servers have in common: an address, an origin and an end.

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use axum::Router;
use tokio::{net::TcpListener, sync::oneshot, time};

pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// The origin of a server on this address, as a browser on this machine reaches it.
pub(crate) fn origin(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// Warns if other machines may reach this address, and says what that means.
pub(crate) fn warn_if_open(address: SocketAddr, meaning: &str) {
    if !address.ip().to_canonical().is_loopback() {
        warn(&format!(
            "every machine that can reach this address {meaning}"
        ));
    }
}

pub(crate) fn warn(text: &str) {
    // If standard error is closed, there is no other place for a warning.
    let _ = writeln!(io::stderr(), "ccpostback: {text}");
}

/// Serves until Ctrl-C or, on Unix, SIGTERM. Then it calls `end`, which ends the streams of events, and
/// waits up to this time for the requests in flight.
///
/// # Errors
///
/// Returns an error if the signals cannot be received.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    grace: Duration,
    end: impl FnOnce(),
) -> io::Result<()> {
    let (stop, stopping) = oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // Without a sender, the server has ended.
        let _ = stopping.await;
    });
    let stop = async {
        stopped().await?;
        end();
        let _ = stop.send(());
        time::sleep(grace).await;
        Ok(())
    };
    tokio::select! {
        result = server => result,
        result = stop => result,
    }
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
async fn stopped() -> io::Result<()> {
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
