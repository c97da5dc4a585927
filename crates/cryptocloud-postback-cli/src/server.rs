//! What the local servers have in common: an address, an origin and an end.

use std::{
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::Context;
use tokio::net::TcpListener;

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

/// Waits for Ctrl-C or, on Unix, SIGTERM.
pub(crate) async fn stop() -> io::Result<()> {
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
