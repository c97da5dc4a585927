use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use anyhow::Context;
use bytes::Bytes;

use crate::output;

/// Reads at most `limit` bytes from a file, or from standard input if the path is `-`.
pub(crate) fn read(path: &Path, limit: usize) -> anyhow::Result<Bytes> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            output::print_error("type or paste the body, and end it with Ctrl-D");
        }
        io::stdin()
            .take(limit)
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
    } else {
        File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(bytes.into())
}
