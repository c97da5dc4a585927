//! The page of the demo.

mod form;
mod hostile;
mod keyboard;
mod looks;
mod outage;
mod payment;
mod review;

use std::process::Command;

use browser::{Browser, Program, TestResult, program};
use tempfile::TempDir;

/// A demo with a data folder of its own, and a browser that shows its page.
struct Shop {
    /// `127.0.0.1:port`
    address: String,
    browser: Browser,
    folder: TempDir,
    /// `None` while it is stopped.
    program: Option<Program>,
}

impl Shop {
    async fn start() -> TestResult<Option<Self>> {
        Self::start_with(|_| ()).await
    }

    async fn start_with(set: impl FnOnce(&mut Command)) -> TestResult<Option<Self>> {
        let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
            return Ok(None);
        };
        let mut shop = Self {
            address: "127.0.0.1:0".to_owned(),
            browser,
            folder: TempDir::with_prefix("shop-")?,
            program: None,
        };
        let mut command = command(&shop.folder);
        set(&mut command);
        shop.resume(&mut command)?;
        shop.browser.open(&shop.url()).await?;
        shop.browser.until_text("#live", "Live").await?;
        Ok(Some(shop))
    }

    /// Starts it again at the same address.
    fn resume(&mut self, command: &mut Command) -> TestResult {
        let program = Program::start(command.env("LISTEN_ADDR", &self.address))?;
        let address = program.url().strip_prefix("http://");
        let address = address.and_then(|address| address.strip_suffix("/postback"));
        self.address = address.ok_or("no address")?.to_owned();
        self.program = Some(program);
        Ok(())
    }

    fn stop(&mut self) -> TestResult {
        let status = self.program.take().ok_or("not running")?.stop()?;
        assert!(status.success(), "{status}");
        Ok(())
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Creates an order and waits until the page shows it.
    async fn order(&self, id: &str) -> TestResult {
        self.browser.fill("#id", id).await?;
        self.browser.click("#new button").await?;
        self.browser.until_text(ORDER, id).await?;
        // The form ignores clicks until it is ready again.
        let ready = "return !document.querySelector('#new [aria-disabled]')";
        self.browser.until(ready).await
    }

    /// Presses a button of the newest order and waits until the buttons are ready again.
    async fn press(&self, kind: &str) -> TestResult {
        let css = format!("{ORDER} [data-kind={kind}]");
        self.browser.click(&css).await?;
        let ready = "return !document.querySelector('#orders [aria-disabled]')";
        self.browser.until(ready).await
    }

    /// Takes the vendor's API down, or brings it back.
    async fn outage(&self) -> TestResult {
        self.browser.click("#outage:not([aria-disabled])").await
    }

    /// Waits until the newest entry shows all of these texts.
    async fn told(&self, texts: &[&str]) -> TestResult {
        for text in texts {
            self.browser.until_text(ENTRY, text).await?;
        }
        Ok(())
    }
}

fn command(folder: &TempDir) -> Command {
    let mut command = program("demo", "demo");
    // No reconciliation comes between, unless a test wants it.
    command
        .env("DATA_DIR", folder.path())
        .env("RECONCILE_SECONDS", "3600");
    command
}

/// The newest order.
const ORDER: &str = "#orders > :first-child";
/// What happened last.
const ENTRY: &str = "#entries > :first-child";
