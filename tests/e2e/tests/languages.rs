//! What tests in other languages need, installed once.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use crate::skip;

/// A Python with the packages of `clients/requirements.txt`.
pub(crate) static PYTHON: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if !is_there("python3", &["-c", "import venv, ensurepip"]) {
        return None;
    }
    let venv = scratch("python");
    let python = venv.join("bin/python");
    if !python.exists() {
        done(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    done(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(clients().join("requirements.txt")),
    );
    Some(python)
});

/// A folder where Node finds the packages of `clients/package.json`.
pub(crate) static JAVASCRIPT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if !is_there("node", &["--version"]) || !is_there("npm", &["--version"]) {
        return None;
    }
    let folder = scratch("javascript");
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(clients().join("package.json"), folder.join("package.json")).expect("a copy");
    done(
        Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder),
    );
    Some(folder)
});

/// Whether there is a PHP.
pub(crate) static PHP: LazyLock<bool> = LazyLock::new(|| is_there("php", &["--version"]));

/// Whether a program runs; where it does not, a line says so, and under CI that is a failure.
fn is_there(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    let found = output.is_ok_and(|output| output.status.success());
    assert!(found || env::var_os("CI").is_none(), "{program} is missing");
    if !found {
        skip::say(&format!("{program} is missing"));
    }
    found
}

fn done(command: &mut Command) {
    let output = command.output().expect("a program");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

/// A folder for what a language's packages need, kept between runs.
fn scratch(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("clients")
        .join(language)
}
