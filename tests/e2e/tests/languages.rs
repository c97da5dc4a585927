//! Interpreters and packages for the tests in other languages than Python, installed once.

use std::{fs, path::PathBuf, process::Command, sync::LazyLock};

use crate::programs::{clients, is_installed, run, scratch};

/// A folder in which Node finds the packages of `clients/package.json`.
pub(crate) static JAVASCRIPT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if !is_installed("node", &["--version"]) || !is_installed("npm", &["--version"]) {
        return None;
    }
    let folder = scratch("javascript");
    fs::create_dir_all(&folder).expect("the folder is created");
    fs::copy(clients().join("package.json"), folder.join("package.json"))
        .expect("the file is copied");
    run(Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&folder));
    Some(folder)
});

/// Whether PHP is installed.
pub(crate) static PHP: LazyLock<bool> = LazyLock::new(|| is_installed("php", &["--version"]));
