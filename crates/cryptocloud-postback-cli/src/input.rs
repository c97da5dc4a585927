use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use anyhow::Context;
use bytes::Bytes;

use crate::output;

/// Reads the start of a file, or of standard input if the path is `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Bytes> {
    let cannot = || format!("cannot read {}", path.display());
    let reader: Box<dyn Read> = if path == Path::new("-") {
        if io::stdin().is_terminal() {
            output::print_error("type or paste the body, and end it with Ctrl-D");
        }
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(cannot)?)
    };
    let mut bytes = Vec::new();
    // Some files, such as /dev/zero, never end.
    let read = reader.take(MAX_BYTES).read_to_end(&mut bytes);
    read.with_context(cannot)?;
    Ok(bytes.into())
}

/// Far more than any endpoint accepts.
const MAX_BYTES: u64 = 16 << 20;
