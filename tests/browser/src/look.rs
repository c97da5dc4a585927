//! The size and colors of the page, screenshots, and what every page must get right.

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{Browser, TestResult, command::Command};

impl Browser {
    /// The console messages since the last call: errors, policy violations, failed requests.
    ///
    /// # Errors
    ///
    /// Returns an error if the driver does not list them.
    pub async fn console(&self) -> TestResult<Vec<String>> {
        let body = json!({"type": "browser"});
        let path = "se/log";
        let entries = self.client().issue_cmd(Command { body, path }).await?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        Ok(entries.iter().map(ToString::to_string).collect())
    }

    /// Sets the size to 1280 by 800 pixels.
    ///
    /// # Errors
    ///
    /// Returns an error if the browser cannot set the size.
    pub async fn desktop(&self) -> TestResult {
        self.size(1280, 800, false).await
    }

    /// Sets the size to 360 by 740 pixels.
    ///
    /// # Errors
    ///
    /// Returns an error if the browser cannot set the size.
    pub async fn phone(&self) -> TestResult {
        self.size(360, 740, true).await
    }

    /// Sets the preferred color scheme to `light` or `dark`.
    ///
    /// # Errors
    ///
    /// Returns an error if the browser cannot set it.
    pub async fn prefer(&self, scheme: &str) -> TestResult {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        let parameters = json!({"features": features});
        self.devtools("Emulation.setEmulatedMedia", parameters)
            .await
            .map(drop)
    }

    /// Writes an image of the whole page to `name.png`, for a developer to look at.
    ///
    /// # Errors
    ///
    /// Returns an error if the browser takes no image or the file cannot be written.
    pub async fn screenshot(&self, name: &str) -> TestResult {
        let parameters = json!({"captureBeyondViewport": true});
        let image = self.devtools("Page.captureScreenshot", parameters).await?;
        let image = STANDARD.decode(image["data"].as_str().ok_or("no image")?)?;
        fs::create_dir_all(&self.screenshots)?;
        Ok(fs::write(
            self.screenshots.join(name).with_extension("png"),
            image,
        )?)
    }

    /// Checks what holds for every page: an empty console, no horizontal scrolling, accessible names
    /// and readable contrast.
    ///
    /// # Errors
    ///
    /// Returns an error that lists what is wrong.
    pub async fn check(&self) -> TestResult {
        let mut faults = self.console().await?;
        let found = self.run(include_str!("faults.js")).await?;
        let found = found.as_array().ok_or("no list")?;
        faults.extend(found.iter().map(ToString::to_string));
        if faults.is_empty() {
            return Ok(());
        }
        Err(faults.join("\n").into())
    }

    async fn size(&self, width: u32, height: u32, mobile: bool) -> TestResult {
        // A window cannot be as narrow as a phone.
        let parameters = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", parameters)
            .await
            .map(drop)
    }

    async fn devtools(&self, command: &str, parameters: Value) -> TestResult<Value> {
        let body = json!({"cmd": command, "params": parameters});
        let path = "goog/cdp/execute";
        Ok(self.client().issue_cmd(Command { body, path }).await?)
    }
}
