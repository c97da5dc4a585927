//! Serves the router of this crate; its documentation says how to run it.
#![forbid(unsafe_code)]

use std::{env, fs, path::Path, process::ExitCode};

use axum::routing::get;
use axum_shop::{Shop, Vendor, router};
use shop::{BoxError, GRACE, PrometheusHandle, Settings, in_setting, stop};
use tokio::{net::TcpListener, time};

#[tokio::main]
async fn main() -> ExitCode {
    shop::run(env!("CARGO_PKG_NAME"), serve).await
}

async fn serve(metrics: PrometheusHandle) -> Result<(), BoxError> {
    let settings = Settings::from_env()?;
    let shop = open(settings.vendor.clone()).await;
    let shop = shop.map_err(in_setting("DATABASE_FILE"))?;
    let postbacks = settings.postbacks(&shop).await?;
    let pool = shop.store.pool().clone();
    let app =
        router(shop, postbacks.clone()).route("/metrics", get(async move || metrics.render()));
    let server = axum::serve(TcpListener::from_std(settings.listener)?, app);
    tokio::select! {
        result = server.with_graceful_shutdown(stop()) => result?,
        // Requests in flight get their response, but none delays the end for longer.
        () = async { stop().await; time::sleep(GRACE).await } => (),
    }
    postbacks.drain().await;
    // SQLite then moves what its -wal holds into the file.
    let _ = time::timeout(GRACE, pool.close()).await;
    Ok(())
}

/// The log says which file it is: with a new one in another folder, the orders seem to be gone.
async fn open(vendor: Option<Vendor>) -> Result<Shop, BoxError> {
    let file = env::var_os("DATABASE_FILE").unwrap_or_else(|| "shop.sqlite".into());
    let was_there = Path::new(&file).try_exists()?;
    let shop = Shop::open(&file, vendor).await?;
    let path = fs::canonicalize(file)?;
    let path = path.display();
    if was_there {
        tracing::info!(%path, "database file is used");
    } else {
        tracing::warn!(%path, "there was no database file: a new, empty one is used");
    }
    Ok(shop)
}
