//! What must not compile.

use std::process::Command;

use crate::skip;

#[test]
fn must_not_compile() {
    // The expected texts are of one compiler; another one words them otherwise.
    let rustc = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc");
    let version = String::from_utf8_lossy(&rustc.stdout);
    if !version.starts_with("rustc 1.95.") {
        skip::say(&format!(
            "tests/e2e/ui has the texts of rustc 1.95, and this is {version}"
        ));
        return;
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
