//! What the local servers have in common: an address, an origin and an end.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use axum::Router;
use tokio::{
    net::{self, TcpListener},
    sync::oneshot,
    time,
};

use crate::output;

/// Listens on an address and a port, such as `127.0.0.1:4000` or `localhost:4000`.
pub(crate) async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    let cannot = || format!("cannot listen on {address}");
    let resolved = net::lookup_host(address).await.with_context(cannot)?;
    // Only one, also if its port is taken: senders may reach the other server by this name.
    let best = resolved.min_by_key(|address| (!address.ip().is_loopback(), address.is_ipv6()));
    let best = best.with_context(cannot)?;
    TcpListener::bind(best).await.with_context(cannot)
}

/// Parses an address to listen on, for clap.
pub(crate) fn address(text: &str) -> Result<String, &'static str> {
    let (name, port) = text.rsplit_once(':').unwrap_or_default();
    if name.is_empty() || port.parse::<u16>().is_err() {
        return Err("an address has a port, as in 127.0.0.1:4000, localhost:4000 or [::1]:4000");
    }
    Ok(text.to_owned())
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
        output::print_error(format!(
            "every machine that can reach this address {meaning}"
        ));
    }
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
        // Once it responds to the first request, a signal ends it in an orderly way.
        biased;
        result = stop => result,
        result = server => result,
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
