//! Code that must not compile.

use std::process::Command;

use crate::skip;

#[test]
fn must_not_compile() {
    // The expected messages are those of one compiler version.
    let rustc = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc");
    let version = String::from_utf8_lossy(&rustc.stdout);
    if !version.starts_with("rustc 1.95.") {
        skip::say(&format!(
            "tests/e2e/ui expects the messages of rustc 1.95, but this is {version}"
        ));
        return;
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
