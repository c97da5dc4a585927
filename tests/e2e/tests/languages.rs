//! Interpreters and packages for the tests in other languages, installed once.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use crate::skip;

/// A Python interpreter with the packages of `clients/requirements.txt`.
pub(crate) static PYTHON: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if !is_installed("python3", &["-c", "import venv, ensurepip"]) {
        return None;
    }
    let venv = scratch("python");
    let python = venv.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(clients().join("requirements.txt")));
    Some(python)
});

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

/// Whether a program runs. If it does not, the test is skipped with one line, or fails under `CI`.
pub(crate) fn is_installed(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    let found = output.is_ok_and(|output| output.status.success());
    assert!(
        found || env::var_os("CI").is_none(),
        "{program} is not installed"
    );
    if !found {
        skip::say(&format!("{program} is not installed"));
    }
    found
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

/// A folder for the packages of a language, kept between runs.
fn scratch(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("clients")
        .join(language)
}
