//! Serves the router of this crate; its documentation says how to run it.
#![forbid(unsafe_code)]

use std::{env, process::ExitCode};

use axum::routing::get;
use axum_shop::{Shop, router};
use shop::{BoxError, GRACE, PrometheusHandle, Settings, in_setting, stop};
use tokio::{net::TcpListener, time::sleep};

#[tokio::main]
async fn main() -> ExitCode {
    shop::run(env!("CARGO_PKG_NAME"), serve).await
}

async fn serve(metrics: PrometheusHandle) -> Result<(), BoxError> {
    let settings = Settings::from_env()?;
    let file = env::var_os("DATABASE_FILE").unwrap_or_else(|| "shop.sqlite".into());
    let shop = Shop::open(file, settings.vendor.clone()).await;
    let shop = shop.map_err(in_setting("DATABASE_FILE"))?;
    let postbacks = settings.postbacks(&shop).await?;
    let app =
        router(shop, postbacks.clone()).route("/metrics", get(async move || metrics.render()));
    let server = axum::serve(TcpListener::from_std(settings.listener)?, app);
    tokio::select! {
        result = server.with_graceful_shutdown(stop()) => result?,
        // Requests in flight get their response, but none delays the end for longer.
        () = async { stop().await; sleep(GRACE).await } => (),
    }
    postbacks.drain().await;
    Ok(())
}
