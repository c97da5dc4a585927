//! What an id or a code may hold.

use crate::error::Cause;

/// Refuses control characters and U+FFFD, which marks bytes that were no UTF-8.
///
/// PostgreSQL cannot hold NUL, and a line break in an id would forge a line in a log.
pub(crate) fn check(name: &'static str, text: &str) -> Result<(), Cause> {
    if text
        .chars()
        .any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
    {
        return Err(Cause::field(
            name,
            "holds a control or replacement character",
        ));
    }
    Ok(())
}

/// The same, and neither empty nor longer than `max` bytes.
pub(crate) fn check_short(name: &'static str, text: &str, max: usize) -> Result<(), Cause> {
    if text.is_empty() {
        return Err(Cause::field(name, "is empty"));
    }
    if text.len() > max {
        return Err(Cause::field(name, "is too long"));
    }
    check(name, text)
}
