use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cryptocloud_postback::{SecretKey, SecretKeyError, Verifier};
use serde::Deserialize;
use tokio::task;
use toml::Spanned;
use zeroize::Zeroizing;

use super::FileError;
#[cfg(feature = "api")]
use super::api::ApiSettings;

/// What one read of all files has found.
pub(super) struct Reading {
    /// The directories of the files.
    pub(super) directories: BTreeSet<PathBuf>,
    pub(super) outcome: Result<Vec<Entry>, FileError>,
    /// The contents of all files, to tell whether they have changed.
    pub(super) contents: Zeroizing<Vec<u8>>,
}

/// A project, all but its inbox.
pub(super) struct Entry {
    #[cfg(feature = "api")]
    pub(super) api: Option<ApiSettings>,
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    projects: BTreeMap<Spanned<String>, Settings>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    allow_short_secrets: bool,
    also_accept: Vec<Spanned<String>>,
    also_accept_files: Vec<Spanned<PathBuf>>,
    #[cfg(feature = "api")]
    pub(super) api_key: Option<Spanned<String>>,
    #[cfg(feature = "api")]
    pub(super) api_key_file: Option<Spanned<PathBuf>>,
    #[cfg(feature = "api")]
    pub(super) api_url: Option<Spanned<String>>,
    require_live_payment: bool,
    secret: Option<Spanned<String>>,
    secret_file: Option<Spanned<PathBuf>>,
    #[cfg(feature = "api")]
    pub(super) shop_id: Option<String>,
}

impl Reading {
    /// Reads on a thread of its own: a network file system can hang.
    pub(super) async fn of(path: &Path) -> Self {
        let path = path.to_owned();
        let read = task::spawn_blocking(move || {
            let mut reader = Reader::default();
            let outcome = reader.entries(&path);
            Self {
                directories: reader.directories,
                outcome,
                contents: reader.contents,
            }
        });
        read.await.unwrap_or_else(|error| Self {
            directories: BTreeSet::new(),
            outcome: Err(FileError::from_source(None, UNREADABLE)(error)),
            contents: Zeroizing::default(),
        })
    }
}

#[derive(Default)]
pub(super) struct Reader {
    contents: Zeroizing<Vec<u8>>,
    directories: BTreeSet<PathBuf>,
}

impl Reader {
    fn entries(&mut self, path: &Path) -> Result<Vec<Entry>, FileError> {
        let text = self.read(path, None)?;
        let line = |start: usize| 1 + text.bytes().take(start).filter(|b| *b == b'\n').count();
        // The message of the parser can quote the line, so it is dropped.
        let file: File = toml::from_str(&text).map_err(|error| {
            FileError::new(line(error.span().map_or(0, |span| span.start)), SYNTAX)
        })?;
        if file.projects.is_empty() {
            return Err(FileError::new(None, "file has no project"));
        }
        let directory = directory_of(path);
        let entries = file.projects.into_iter().map(|(name, settings)| {
            let name_line = line(name.span().start);
            #[cfg(feature = "api")]
            let (api, settings) = self.api(&directory, name_line, settings, line)?;
            let verifier = self.verifier(&directory, &name, settings, line)?;
            Ok(Entry {
                #[cfg(feature = "api")]
                api,
                line: name_line,
                name: name.into_inner(),
                verifier,
            })
        });
        entries.collect()
    }

    fn verifier(
        &mut self,
        directory: &Path,
        name: &Spanned<String>,
        settings: Settings,
        line: impl Fn(usize) -> usize,
    ) -> Result<Verifier, FileError> {
        let make: fn(String) -> Result<SecretKey, SecretKeyError> = if settings.allow_short_secrets
        {
            SecretKey::allow_short
        } else {
            SecretKey::new
        };
        let key = |secret: Spanned<String>| {
            let line = line(secret.span().start);
            make(secret.into_inner()).map_err(FileError::from_source(line, "secret cannot be used"))
        };
        let mut key_in = |file: Spanned<PathBuf>| {
            let path = directory.join(file.get_ref());
            let secret = self.value_in(&path, line(file.span().start))?;
            key(Spanned::new(file.span(), secret))
        };
        let line = line(name.span().start);
        let secret = match (settings.secret, settings.secret_file) {
            (Some(secret), None) => key(secret)?,
            (None, Some(file)) => key_in(file)?,
            _ => return Err(FileError::new(line, ONE_SECRET)),
        };
        let mut verifier = Verifier::builder(secret)
            .project(name.get_ref().as_str())
            .require_live_payment(settings.require_live_payment);
        for secret in settings.also_accept {
            verifier = verifier.also_accept(key(secret)?);
        }
        for file in settings.also_accept_files {
            verifier = verifier.also_accept(key_in(file)?);
        }
        let verifier = verifier.build();
        verifier.map_err(FileError::from_source(line, "verifier cannot be built"))
    }

    /// Reads a file that holds one value. Most editors end it with a line break, which is no part of it.
    pub(super) fn value_in(&mut self, path: &Path, line: usize) -> Result<String, FileError> {
        let text = self.read(path, Some(line))?;
        let value = text.strip_suffix('\n').unwrap_or(&text);
        Ok(value.strip_suffix('\r').unwrap_or(value).to_owned())
    }

    fn read(&mut self, path: &Path, line: Option<usize>) -> Result<Zeroizing<String>, FileError> {
        self.directories.insert(directory_of(path));
        let text = fs::read_to_string(path);
        let text = Zeroizing::new(text.map_err(FileError::from_source(line, UNREADABLE))?);
        self.contents.extend_from_slice(text.as_bytes());
        // No byte of UTF-8, so that two files cannot be taken for one.
        self.contents.push(0xff);
        Ok(text)
    }
}

pub(super) fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

const ONE_SECRET: &str = "project needs either `secret` or `secret_file`";
const SYNTAX: &str = "not valid TOML, or a setting that is unknown or has the wrong type";
const UNREADABLE: &str = "file cannot be read";
