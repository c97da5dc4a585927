use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use cryptocloud_postback::{SecretKey, Verifier};
use tokio::task;
use zeroize::Zeroizing;

#[cfg(feature = "api")]
use super::api::ApiSettings;
use super::{
    FileError,
    settings::{API_SETTINGS, At, SETTINGS, Settings},
};
use crate::{ProjectError, project::is_name};

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

impl Reading {
    /// Reads on a thread of its own: a network file system can hang.
    pub(super) async fn of(path: &Path) -> Self {
        let path = path.to_owned();
        let read = task::spawn_blocking(move || {
            let mut reader = Reader {
                contents: Zeroizing::default(),
                directories: BTreeSet::new(),
                directory: directory_of(&path),
            };
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

pub(super) struct Reader {
    contents: Zeroizing<Vec<u8>>,
    directories: BTreeSet<PathBuf>,
    /// The paths in the file begin here.
    directory: PathBuf,
}

impl Reader {
    fn entries(&mut self, path: &Path) -> Result<Vec<Entry>, FileError> {
        let text = self.read(path);
        let text = text.map_err(FileError::from_source(None, UNREADABLE))?;
        let mut file = Settings::parse(&text)?;
        file.refuse_all_but(&["projects"])?;
        let projects = file.tables("projects")?;
        if projects.is_empty() {
            return Err(FileError::new(None, "file has no project"));
        }
        let entries = projects.into_iter();
        entries
            .map(|(name, settings)| self.entry(name, settings))
            .collect()
    }

    fn entry(&mut self, name: At<String>, mut settings: Settings<'_>) -> Result<Entry, FileError> {
        let At { line, value: name } = name;
        if !is_name(&name) {
            let problem = FileError::from_source(line, "project name cannot be used");
            return Err(problem(ProjectError::Name));
        }
        let mut known = SETTINGS.to_vec();
        if cfg!(feature = "api") {
            known.extend(API_SETTINGS);
        }
        settings.refuse_all_but(&known)?;
        #[cfg(feature = "api")]
        let api = self.api(line, &mut settings)?;
        let verifier = self.verifier(line, &name, &mut settings)?;
        Ok(Entry {
            #[cfg(feature = "api")]
            api,
            line,
            name,
            verifier,
        })
    }

    fn verifier(
        &mut self,
        line: usize,
        name: &str,
        settings: &mut Settings<'_>,
    ) -> Result<Verifier, FileError> {
        let allow_short = settings.flag("allow_short_secrets")?;
        let key = |secret: At<String>| {
            let key = if allow_short {
                SecretKey::allow_short(secret.value)
            } else {
                SecretKey::new(secret.value)
            };
            key.map_err(FileError::from_source(secret.line, "secret cannot be used"))
        };
        let secret = self.one_of(line, settings, "secret", "secret_file")?;
        let secret = secret.ok_or_else(|| FileError::new(line, NO_SECRET))?;
        let mut verifier = Verifier::builder(key(secret)?)
            .project(name)
            .require_live_payment(settings.flag("require_live_payment")?);
        for secret in settings.strings("also_accept")? {
            verifier = verifier.also_accept(key(secret)?);
        }
        for file in settings.strings("also_accept_files")? {
            verifier = verifier.also_accept(key(self.value_in("also_accept_files", file)?)?);
        }
        let verifier = verifier.build();
        verifier.map_err(FileError::from_source(line, "verifier cannot be built"))
    }

    /// Takes a value that is in the setting `name`, or in the file that the setting `file` names.
    pub(super) fn one_of(
        &mut self,
        line: usize,
        settings: &mut Settings<'_>,
        name: &str,
        file: &str,
    ) -> Result<Option<At<String>>, FileError> {
        match (settings.string(name)?, settings.string(file)?) {
            (Some(_), Some(_)) => {
                let problem = format!("project has both `{name}` and `{file}`");
                Err(FileError::new(line, problem))
            }
            (value, None) => Ok(value),
            (None, Some(path)) => self.value_in(file, path).map(Some),
        }
    }

    /// Reads a file that holds one value. Most editors end it with a line break, which is no part of it.
    fn value_in(&mut self, setting: &str, path: At<String>) -> Result<At<String>, FileError> {
        let At { line, value: path } = path;
        let text = self.read(&self.directory.join(path)).map_err(|error| {
            let problem = format!("file of `{setting}` cannot be read");
            FileError::from_source(line, problem)(error)
        })?;
        let value = text.strip_suffix('\n').unwrap_or(&text);
        let value = value.strip_suffix('\r').unwrap_or(value).to_owned();
        Ok(At { line, value })
    }

    fn read(&mut self, path: &Path) -> Result<Zeroizing<String>, io::Error> {
        self.directories.insert(directory_of(path));
        let text = Zeroizing::new(fs::read_to_string(path)?);
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

const NO_SECRET: &str = "project has neither `secret` nor `secret_file`";
const UNREADABLE: &str = "file cannot be read";
