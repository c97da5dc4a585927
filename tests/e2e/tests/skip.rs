use std::io::{self, Write};

/// Says in one line what is not tested; written past the test harness, which hides what a test that
/// passes prints.
pub(crate) fn say(reason: &str) {
    let _ = writeln!(io::stderr(), "skipped: {reason}");
}
