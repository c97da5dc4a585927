use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

/// What the driver starts, or `None` if Chromium is not installed.
pub(crate) fn capabilities(home: &Path) -> io::Result<Option<Map<String, Value>>> {
    let Some(binary) = find_binary() else {
        return Ok(None);
    };
    let capabilities = json!({
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {"binary": binary, "args": arguments(home)?},
    });
    Ok(capabilities.as_object().cloned())
}

fn find_binary() -> Option<PathBuf> {
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .map(PathBuf::from)
    .into_iter()
    .find(|path| path.is_file())
}

/// Chromium without background requests, and without its sandbox if it runs as root.
fn arguments(home: &Path) -> io::Result<Vec<String>> {
    let profile = home.join("profile");
    fs::create_dir(&profile)?;
    let mut arguments = vec![format!("--user-data-dir={}", profile.display())];
    arguments.extend(ARGUMENTS.map(ToOwned::to_owned));
    if fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t")) {
        arguments.push("--no-sandbox".to_owned());
    }
    Ok(arguments)
}

const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--no-first-run",
];
