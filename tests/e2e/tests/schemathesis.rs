//! Sends what an OpenAPI document allows and forbids to a running server.

use std::{collections::BTreeSet, fs, process::Command};

use tempfile::TempDir;

use crate::programs;

/// Runs Schemathesis against a server, and returns what it saw, such as `POST /postback 200`.
///
/// Panics if a response is a 5xx or is not documented: status, content type, headers or body.
/// Returns `None` if it cannot be installed.
pub(crate) fn run(document_url: &str, secret: &str) -> Option<BTreeSet<String>> {
    let python = programs::PYTHON.as_ref()?;
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("log");
    let output = Command::new(python.with_file_name("schemathesis"))
        .args([
            "run",
            document_url,
            "--checks",
            CHECKS,
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args([
            "--max-examples",
            "50",
            "--seed",
            "1",
            "--continue-on-failure",
            "--no-color",
        ])
        .args(["--generation-database", "none"])
        // It keeps what it found there.
        .current_dir(&folder)
        .env("CRYPTOCLOUD_SECRET_KEY", secret)
        .env("PYTHONPATH", programs::clients())
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("SCHEMATHESIS_LOG", &log)
        .output()
        .expect("schemathesis runs");
    let report = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}{error}");
    let log = fs::read_to_string(log).expect("a log");
    Some(log.lines().map(Into::into).collect())
}

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,\
    unsupported_method";
