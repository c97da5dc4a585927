//! The programs that tests start: whether one is installed, and a Python interpreter with its packages.

use std::{
    env,
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

pub(crate) fn run(command: &mut Command) {
    let output = command.output().expect("the program runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}

pub(crate) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

/// A folder for the packages of a language, kept between runs.
pub(crate) fn scratch(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("clients")
        .join(language)
}
