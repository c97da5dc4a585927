//! `ccpostback listen`: receives postbacks and shows them on a local page.

mod api;
mod app;
mod curl;
mod events;
mod forward;
mod headers;
mod indent;
mod journal;
mod page;
mod receive;
mod redact;
mod request;
mod response;
mod router;
mod segments;
mod settings;
mod terminal;
mod verification;
mod view;

use std::{io, process::ExitCode, sync::Arc, time::Duration};

use tokio::{net::TcpListener, time};

use crate::server;
use app::App;
use journal::Journal;
use settings::Settings;

pub(crate) use settings::Args;

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let listener = server::bind(args.addr).await?;
    let settings = Settings::new(args, listener.local_addr()?)?;
    serve(listener, Arc::new(App::new(settings)?)).await?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(listener: TcpListener, app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.clone();
    let serving = axum::serve(listener, router::router(app.clone()))
        .with_graceful_shutdown(async move { stopping.journal.closed().await });
    tokio::select! {
        result = serving => result?,
        result = shut_down(&app.journal) => result?,
    }
    app.terminal.finish();
    Ok(())
}

/// Waits for a signal, ends the event streams, and gives requests in flight a grace period.
async fn shut_down(journal: &Journal) -> io::Result<()> {
    server::stop().await?;
    journal.close();
    time::sleep(GRACE).await;
    Ok(())
}

const GRACE: Duration = Duration::from_secs(2);
