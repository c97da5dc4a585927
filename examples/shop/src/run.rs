use std::{error::Error, process::ExitCode, time::Duration};

use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    error::{BoxError, one_line},
    telemetry::Telemetry,
};

/// Runs a program with log, metrics and traces until it ends. Call it once, in a tokio runtime.
pub async fn run<F>(program: &str, serve: impl FnOnce(PrometheusHandle) -> F) -> ExitCode
where
    F: Future<Output = Result<(), BoxError>>,
{
    let telemetry = match Telemetry::start(program) {
        Ok(telemetry) => telemetry,
        Err(error) => return fail(&*error),
    };
    let served = serve(telemetry.metrics()).await;
    telemetry.end();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("{}", one_line(error));
    ExitCode::FAILURE
}

/// Waits for Ctrl-C, or for SIGTERM on Unix. Returns at once if neither can be received.
pub async fn stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => (),
            _ = terminate.recv() => (),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.unwrap_or_default()
}

/// How long requests, and then handlers, may take to finish. Handlers are released after that.
pub const GRACE: Duration = Duration::from_secs(10);
