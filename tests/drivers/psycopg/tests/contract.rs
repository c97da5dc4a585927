//! The contract on PostgreSQL, with psycopg installed into a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use driver_contract::{PostgresShop, TestResult};
use driver_psycopg::Orders;

driver_contract::tests!(PostgresShop, connect);
driver_contract::tests!(PostgresShop, connect, dropped_handler_is_rolled_back);

async fn connect(url: &str) -> TestResult<Orders> {
    let python = PYTHON.as_ref().map_err(String::as_str)?;
    Ok(Orders::new(url, python))
}

static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = folder.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt")))?;
    Ok(python)
});

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {error}"))
}
