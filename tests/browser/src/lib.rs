//! Chromium and the programs whose pages it opens, for tests. Both end with the test.
//!
//! ```no_run
//! # async fn test() -> browser::TestResult {
//! let Some(browser) = browser::Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
//!     return Ok(()); // not installed, and a line says so
//! };
//! let mut shop = browser::program("demo", "demo");
//! let shop = browser::Program::start(shop.env("LISTEN_ADDR", "127.0.0.1:0"))?;
//! browser.open(shop.url()).await?;
//! browser.fill("#id", "A-1").await?;
//! browser.click("form button").await?;
//! browser.until_text("main", "A-1").await?;
//! browser.phone().await?;
//! browser.screenshot("shop-phone").await?;
//! browser.check().await
//! # }
//! ```
#![forbid(unsafe_code)]

mod browser;
mod command;
mod driver;
mod launch;
mod look;
mod program;

pub use browser::Browser;
pub use program::{Program, program};

/// The result of a test.
pub type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;
