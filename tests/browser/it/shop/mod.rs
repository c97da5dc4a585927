//! The page of `axum-shop`.

mod looks;

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
        shop.browser.open(&shop.url("/")).await?;
        shop.browser.until_text("#live", "Live").await?;
        Ok(Some(shop))
    }

    fn url(&self, path: &str) -> String {
        let url = self.program.url();
        format!("{}{path}", url.strip_suffix("/postback").unwrap_or(url))
    }

    /// Creates an order, and waits until the page shows it.
    async fn order(&self, id: &str) -> TestResult {
        self.browser.fill("#id", id).await?;
        self.browser.click("#new button").await?;
        self.browser.until_text("#orders", id).await?;
        // The form takes no second click of a double click.
        let ready = "return !document.querySelector('#new [aria-disabled]')";
        self.browser.until(ready).await
    }

    /// Presses a button of the newest order, and waits until it could be pressed again.
    async fn press(&self, kind: &str) -> TestResult {
        let css = format!("#orders > :first-child [data-kind={kind}]");
        self.browser.click(&css).await?;
        let ready = "return !document.querySelector('#orders [aria-disabled]')";
        self.browser.until(ready).await
    }
}

fn command(folder: &Folder) -> Command {
    let mut command = program("axum-shop", "axum-shop");
    command.env("DATA_DIR", folder.path());
    command
}
