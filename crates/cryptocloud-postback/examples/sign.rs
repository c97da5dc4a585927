//! Prints a genuine JSON postback, signed with `CRYPTOCLOUD_SECRET_KEY` and valid for four minutes.
//!
//! ```sh
//! cargo run -p cryptocloud-postback --features testing --example sign
//! ```
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    io::{self, Write},
    time::Duration,
};

use cryptocloud_postback::{UnixTime, testing::PostbackBuilder};

fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("CRYPTOCLOUD_SECRET_KEY").map_err(|_| "set CRYPTOCLOUD_SECRET_KEY")?;
    let postback = PostbackBuilder::new(secret)
        .order_id("ORDER_93223")
        .expires_at(UnixTime::now()?.saturating_add(Duration::from_secs(240)))
        .json();
    io::stdout().write_all(&postback.body())?;
    Ok(())
}
