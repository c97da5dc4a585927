//! Receives postbacks and credits each invoice in a ledger, for the tests to start and to kill.
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
    // What the store says when it is broken on purpose is of interest to who asks for it.
    let log = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(log)
        .with_writer(io::stderr)
        .init();
    // The test holds the other end of the pipe, so however it ends, this process ends too.
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0)
    });
    match options.framework {
        Framework::Actix => actix_web::rt::System::new().block_on(actix::serve(options)),
        Framework::Axum => tokio::runtime::Runtime::new()?.block_on(axum::serve(options)),
    }
}

fn say(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "http://{address}/postback")
}
