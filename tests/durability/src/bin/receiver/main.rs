//! Receives postbacks and credits each invoice in a ledger. The tests start it, stop it and kill it.
#![forbid(unsafe_code)]

mod actix;
mod axum;
mod shop;
mod telemetry;

use std::{
    env,
    error::Error,
    io::{self, Write},
    net::SocketAddr,
    thread,
};

use durability::{Framework, Options};
use tokio::sync::oneshot;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = env::args().nth(1).ok_or("usage: receiver OPTIONS")?;
    let options: Options = serde_json::from_str(&argument)?;
    let spans = telemetry::start(options.otlp.as_deref())?;
    let framework = options.framework;
    match framework {
        Framework::Actix => actix_web::rt::System::new().block_on(actix::serve(options)),
        Framework::Axum => tokio::runtime::Runtime::new()?.block_on(axum::serve(options)),
    }?;
    match spans {
        Some(spans) => Ok(spans.shutdown()?),
        None => Ok(()),
    }
}

fn announce(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "http://{address}/postback")
}

/// Resolves when the test, which holds the other end of the pipe, closes it or ends.
async fn end_of_input() {
    let (sender, receiver) = oneshot::channel::<()>();
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(sender);
    });
    let _ = receiver.await;
}
