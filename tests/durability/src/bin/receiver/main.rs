//! Receives postbacks and credits each invoice in a ledger. The tests start it and kill it.
#![forbid(unsafe_code)]

mod actix;
mod axum;
mod shop;
mod till;

use std::{
    env,
    error::Error,
    io::{self, Write},
    net::SocketAddr,
    process, thread,
};

use durability::{Framework, Options};
use tracing_subscriber::EnvFilter;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(env::args().skip(1))?;
    // Off unless `RUST_LOG` is set, because the tests break stores on purpose.
    let log = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_writer(io::stderr)
        .init();
    // The test holds the other end of the pipe, so this process ends with it.
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0)
    });
    match options.framework {
        Framework::Actix => actix_web::rt::System::new().block_on(actix::serve(options)),
        Framework::Axum => tokio::runtime::Runtime::new()?.block_on(axum::serve(options)),
    }
}

fn announce(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "http://{address}/postback")
}
