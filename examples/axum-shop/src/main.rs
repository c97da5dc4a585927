//! Serves the shop with its page; see the library how to run it.
#![forbid(unsafe_code)]

mod settings;
mod stop;

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use axum_shop::{DemoSecret, Shop, Simulator, demo, reachable};
use cryptocloud_postback_axum::core::{SecretKey, Verifier};
use settings::Settings;
use stop::stop;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    // The shop logs what is paid, and the extractor what is refused.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,cryptocloud_postback=warn,sqlx=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let folder = &settings.folder;
    let in_folder = |error: &dyn Error| format!("{}: {}", folder.display(), line(error));
    fs::create_dir_all(folder).map_err(|error| in_folder(&error))?;
    let demo_secret = DemoSecret::new(folder);
    let (secret, demo_text) = match settings.secret {
        Some(secret) => (secret, None),
        None => {
            let path = demo_secret.path().display();
            let text = demo_secret
                .get()
                .map_err(|error| format!("{path}: {error}"))?;
            (SecretKey::new(text.as_str())?, Some(text))
        }
    };
    let shop = Shop::open(folder.join("shop.sqlite"))
        .await
        .map_err(|error| in_folder(&*error))?
        .keep_refused(demo_text.is_some());

    let in_address = |error| format!("{}: {error}", settings.address);
    let listener = TcpListener::bind(settings.address)
        .await
        .map_err(in_address)?;
    let address = listener.local_addr().map_err(in_address)?;
    // Before anybody is told that the shop is there to be stopped.
    let (answer_all, end) = (stop()?, stop()?);
    let mut output = io::stdout();
    writeln!(output, "listening on http://{address}/postback")?;
    if demo_text.is_some() {
        writeln!(
            output,
            "the secret is a demo of this shop's own, in {}: set CRYPTOCLOUD_SECRET_KEY for real payments",
            demo_secret.path().display()
        )?;
    }
    writeln!(output, "open http://{}/", reachable(address))?;

    let simulator = demo_text
        .map(|text| Simulator::new(shop.clone(), text, address))
        .transpose()?;
    let app = demo(shop.clone(), Verifier::new(secret)?, simulator);
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        answer_all.await;
        shop.end_events();
    });
    tokio::select! {
        result = server => Ok(result?),
        // Requests in flight are answered, but nobody holds the process up for longer.
        result = async { end.await; tokio::time::sleep(GRACE).await; Ok(()) } => result,
    }
}

/// An error and what caused it, in one line. The database's own error repeats what is below it.
fn line(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

const GRACE: Duration = Duration::from_secs(10);
