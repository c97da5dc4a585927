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
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            output::print_error("type or paste the body, and end it with Ctrl-D");
        }
        let read = io::stdin().take(MAX_BYTES).read_to_end(&mut bytes);
        read.context("cannot read standard input")?;
    } else {
        File::open(path)
            .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(bytes.into())
}

/// Far more than any endpoint accepts; some files, such as /dev/zero, never end.
const MAX_BYTES: u64 = 16 << 20;
