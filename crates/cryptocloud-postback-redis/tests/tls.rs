//! `rediss://`.
#![cfg(feature = "tls-rustls")]

mod common;

use std::{fs, net::TcpListener, path::Path, process::Command};

use cryptocloud_postback_inbox::{InboxStore, StoreErrorKind};
use cryptocloud_postback_redis::{
    Durability, RedisStore,
    redis::{Client, TlsCertificates},
};
use throw_away_servers::skip;

use common::{TestResult, kind, start};

/// Makes a certificate for 127.0.0.1; `None` if there is no `openssl`.
fn certificate(folder: &Path) -> Option<Vec<u8>> {
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args([
            "-subj",
            "/CN=redis",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output();
    match status {
        Ok(output) if output.status.success() => fs::read(folder.join("cert.pem")).ok(),
        _ => {
            skip("openssl is not installed");
            None
        }
    }
}

#[tokio::test]
async fn server_must_have_a_trusted_certificate() -> TestResult {
    let folder = tempfile::tempdir()?;
    let Some(certificate) = certificate(folder.path()) else {
        return Ok(());
    };
    let path = |name: &str| -> &'static str {
        String::leak(folder.path().join(name).to_string_lossy().into_owned())
    };
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let arguments = vec![
        "--tls-port",
        String::leak(port.to_string()),
        "--tls-cert-file",
        path("cert.pem"),
        "--tls-key-file",
        path("key.pem"),
        "--tls-ca-cert-file",
        path("cert.pem"),
        "--tls-auth-clients",
        "no",
    ];
    let Some(_server) = start(Vec::leak(arguments)).await else {
        return Ok(());
    };
    let url = format!("rediss://127.0.0.1:{port}/");
    let trusted = TlsCertificates {
        client_tls: None,
        root_cert: Some(certificate),
    };
    let client = Client::build_with_tls(url.as_str(), trusted)?;
    let builder = RedisStore::builder(client).durability(Durability::Unchecked);
    builder.connect().await?.now().await?;

    let client = Client::open(url)?;
    let builder = RedisStore::builder(client).durability(Durability::Unchecked);
    assert_eq!(kind(builder.connect().await), StoreErrorKind::Unavailable);
    Ok(())
}
