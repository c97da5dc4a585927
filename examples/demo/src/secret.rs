use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// The secret of the demo: random, made by the first call, and kept in a folder.
///
/// Processes that start at once get the same one.
#[derive(Debug)]
pub struct DemoSecret(PathBuf);

impl DemoSecret {
    /// The secret in this folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self(folder.join("demo-secret"))
    }

    /// The file that holds it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads it, or creates it.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or written, or holds anything else.
    pub fn get(&self) -> io::Result<Zeroizing<String>> {
        match self.read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut())?;
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        let text = Zeroizing::new(format!("{PREFIX}{}", digits.collect::<String>()));
        // Only this user can read the file, and no process sees it half written.
        let folder = self.0.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", *text)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(&self.0) {
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => self.read(),
            Err(error) => Err(error.error),
            Ok(_) => Ok(text),
        }
    }

    fn read(&self) -> io::Result<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::new());
        let file = fs::File::open(&self.0)?;
        file.take(1024).read_to_string(&mut text)?;
        let secret = text.trim_end();
        let digits = secret.strip_prefix(PREFIX).unwrap_or_default();
        let is_whole = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_whole {
            return Ok(Zeroizing::new(secret.to_owned()));
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "this is not the demo secret that was written: delete the file for a new one",
        ))
    }
}

/// Tells it from a SECRET KEY of the vendor.
const PREFIX: &str = "demo-";
