use std::io::{self, Write};

/// Prints one line that says what is not tested.
///
/// It goes past the test harness, which hides the output of a test that passes.
pub(crate) fn say(reason: &str) {
    let _ = writeln!(io::stderr(), "skipped: {reason}");
}
