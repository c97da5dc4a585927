//! `ccpostback listen`: receives postbacks and shows them on a local page.

mod api;
mod app;
mod curl;
mod detail;
mod events;
mod export;
mod forward;
mod headers;
mod html;
mod journal;
mod line;
mod receive;
mod redact;
mod request;
mod resend;
mod response;
mod router;
mod segments;
mod settings;
mod suggestion;
mod terminal;
mod verification;
mod view;

use std::{process::ExitCode, sync::Arc, time::Duration};

use crate::server;
use app::App;
use settings::Settings;

pub(crate) use settings::Args;

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let listener = server::bind(&args.addr).await?;
    let settings = Settings::new(args, listener.local_addr()?)?;
    let app = Arc::new(App::new(settings)?);
    let router = router::router(app.clone());
    server::serve(listener, router, GRACE, || app.journal.changes.end()).await?;
    app.terminal.finish();
    Ok(ExitCode::SUCCESS)
}

/// For the requests in flight.
const GRACE: Duration = Duration::from_secs(2);
