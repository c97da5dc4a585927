use std::{io, path::PathBuf, time::Duration};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use throw_away_servers::skip;

use crate::{TestResult, driver::Driver, launch};

/// Chromium with an empty profile, 1280 by 800 pixels, in light colors.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    /// Kept, because the browser ends with it.
    _driver: Driver,
    pub(crate) screenshots: PathBuf,
}

impl Browser {
    /// Starts a browser that keeps its screenshots in this folder.
    ///
    /// Returns `None`, and prints one line, if Chromium or chromedriver is not installed.
    ///
    /// # Errors
    ///
    /// Returns an error if one of them does not start.
    ///
    /// # Panics
    ///
    /// Panics under `CI` if one of them is not installed.
    pub async fn start(screenshots: impl Into<PathBuf>) -> TestResult<Option<Self>> {
        let mut driver = match Driver::start() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                skip("chromedriver is not installed");
                return Ok(None);
            }
            driver => driver?,
        };
        let Some(capabilities) = launch::capabilities(driver.home())? else {
            skip("Chromium is not installed");
            return Ok(None);
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url())
            .await?;
        driver.own(client.session_id().await?.ok_or("no session")?);
        // The driver ends the session, even if a test panics.
        client.persist().await?;
        let browser = Self {
            client,
            _driver: driver,
            screenshots: screenshots.into(),
        };
        browser.desktop().await?;
        Ok(Some(browser))
    }

    /// The WebDriver client, for everything that has no method here.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens a URL in the window.
    ///
    /// # Errors
    ///
    /// Returns an error if the browser cannot open it.
    pub async fn open(&self, url: &str) -> TestResult {
        Ok(self.client.goto(url).await?)
    }

    /// Waits for an element, and clicks into its middle.
    ///
    /// # Errors
    ///
    /// Returns an error if the element does not appear or another one covers it.
    pub async fn click(&self, css: &str) -> TestResult {
        let wait = self.client.wait().at_most(LIMIT);
        let element = wait.for_element(Locator::Css(css)).await;
        let element = element.map_err(|error| format!("{css}: {error}"))?;
        Ok(element
            .click()
            .await
            .map_err(|error| format!("{css}: {error}"))?)
    }

    /// Clicks twice, as fast as a user does.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such element.
    pub async fn double_click(&self, css: &str) -> TestResult {
        let element = self.client.find(Locator::Css(css)).await?;
        let to = MouseActions::new("mouse".to_owned()).then(PointerAction::MoveToElement {
            element,
            duration: None,
            x: 0.0,
            y: 0.0,
        });
        let button = MOUSE_BUTTON_LEFT;
        let clicks = to
            .then(PointerAction::Down { button })
            .then(PointerAction::Up { button })
            .then(PointerAction::Pause { duration: BETWEEN })
            .then(PointerAction::Down { button })
            .then(PointerAction::Up { button });
        Ok(self.client.perform_actions(clicks).await?)
    }

    /// Presses keys one after the other, in the element that has the focus. Special keys are the
    /// characters that WebDriver assigns to them.
    ///
    /// # Errors
    ///
    /// Returns an error if the browser refuses the input.
    pub async fn keys(&self, keys: &[&str]) -> TestResult {
        for value in keys.iter().flat_map(|key| key.chars()) {
            let press = KeyActions::new("keyboard".to_owned())
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
            self.client.perform_actions(press).await?;
        }
        Ok(())
    }

    /// Replaces the content of a field by typing.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such field.
    pub async fn fill(&self, css: &str, text: &str) -> TestResult {
        let field = self.client.find(Locator::Css(css)).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// The visible text of an element.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such element.
    pub async fn text(&self, css: &str) -> TestResult<String> {
        Ok(self.client.find(Locator::Css(css)).await?.text().await?)
    }

    /// Waits until an element shows this text.
    ///
    /// # Errors
    ///
    /// Returns an error with the text that it shows instead.
    pub async fn until_text(&self, css: &str, text: &str) -> TestResult {
        let script =
            "return document.querySelector(arguments[0])?.innerText.includes(arguments[1])";
        if self.holds(script, vec![css.into(), text.into()]).await? {
            return Ok(());
        }
        let shown = self.text(css).await.unwrap_or_default();
        Err(format!("{css} shows {shown:?} instead of {text:?}").into())
    }

    /// Waits until a script returns a value other than `null` and `false`.
    ///
    /// # Errors
    ///
    /// Returns an error if it never does.
    pub async fn until(&self, script: &str) -> TestResult {
        if self.holds(script, Vec::new()).await? {
            return Ok(());
        }
        Err(format!("never became true: {script}").into())
    }

    /// Runs a script in the page, which its policy does not restrict, and returns its value.
    ///
    /// # Errors
    ///
    /// Returns an error if the script throws.
    pub async fn run(&self, script: &str) -> TestResult<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    async fn holds(&self, script: &str, arguments: Vec<Value>) -> TestResult<bool> {
        let end = tokio::time::Instant::now() + LIMIT;
        while tokio::time::Instant::now() < end {
            let value = self.client.execute(script, arguments.clone()).await?;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }
}

/// Between the two clicks of a double click.
const BETWEEN: Duration = Duration::from_millis(100);
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at the page, which sends no event when it changes.
const PAUSE: Duration = Duration::from_millis(20);
