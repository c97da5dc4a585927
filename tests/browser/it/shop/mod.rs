//! The page of `axum-shop`.

mod hostile;
mod keyboard;
mod looks;
mod payment;
mod restart;

use std::process::Command;

use browser::{Browser, Folder, Program, TestResult, program};

/// A shop in a folder of its own, and a window on it.
struct Shop {
    browser: Browser,
    folder: Folder,
    program: Program,
}

impl Shop {
    async fn start() -> TestResult<Option<Self>> {
        let Some(browser) = Browser::start(env!("CARGO_TARGET_TMPDIR")).await? else {
            return Ok(None);
        };
        let folder = Folder::new()?;
        let program = Program::start(command(&folder).env("LISTEN_ADDR", "127.0.0.1:0"))?;
        let shop = Self {
            browser,
            folder,
            program,
        };
        shop.browser.open(&shop.url()).await?;
        shop.browser.until_text("#live", "Live").await?;
        Ok(Some(shop))
    }

    /// `127.0.0.1:port`
    fn address(&self) -> &str {
        let url = self.program.url();
        let address = url.strip_prefix("http://").unwrap_or(url);
        address.strip_suffix("/postback").unwrap_or(address)
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address())
    }

    /// Creates an order, and waits until the page shows it.
    async fn order(&self, id: &str) -> TestResult {
        self.browser.fill("#id", id).await?;
        self.browser.click("#new button").await?;
        self.browser.until_text(ORDER, id).await?;
        // The form takes no second click of a double click.
        let ready = "return !document.querySelector('#new [aria-disabled]')";
        self.browser.until(ready).await
    }

    /// Presses a button of the newest order, and waits until it could be pressed again.
    async fn press(&self, kind: &str) -> TestResult {
        let css = format!("{ORDER} [data-kind={kind}]");
        self.browser.click(&css).await?;
        let ready = "return !document.querySelector('#orders [aria-disabled]')";
        self.browser.until(ready).await
    }

    /// Waits until the newest delivery shows all of these.
    async fn delivered(&self, texts: &[&str]) -> TestResult {
        for text in texts {
            self.browser.until_text(DELIVERY, text).await?;
        }
        Ok(())
    }
}

fn command(folder: &Folder) -> Command {
    let mut command = program("axum-shop", "axum-shop");
    command.env("DATA_DIR", folder.path());
    command
}

/// The newest ones.
const ORDER: &str = "#orders > :first-child";
const DELIVERY: &str = "#deliveries > :first-child";
