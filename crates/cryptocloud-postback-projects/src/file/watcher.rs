use std::{
    collections::BTreeSet,
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::{Notify, watch},
    time,
};
use tracing::{error, info, warn};
use zeroize::Zeroizing;

#[cfg(feature = "api")]
use super::api::ApiSettings;
use super::{
    FileError, Reading,
    reading::{Entry, directory_of},
};
#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{Inboxes, Project, ProjectMap};

/// Takes up what has changed in the files.
pub(super) struct Watcher {
    changed: Arc<Notify>,
    /// What is in use.
    contents: Zeroizing<Vec<u8>>,
    inboxes: Inboxes,
    /// The names of the projects that are in use.
    known: BTreeSet<String>,
    path: PathBuf,
    system: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
}

impl Watcher {
    pub(super) fn new(path: &Path, inboxes: Inboxes) -> Self {
        let changed = Arc::<Notify>::default();
        let notified = Arc::clone(&changed);
        let system = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // That the files were read is an event, too.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                notified.notify_one();
            }
        });
        if let Err(error) = &system {
            let error = error as &dyn Error;
            warn!(
                error,
                "files of projects cannot be watched: they are read every 30 s"
            );
        }
        let mut watcher = Self {
            changed,
            contents: Zeroizing::default(),
            inboxes,
            known: BTreeSet::new(),
            path: path.to_owned(),
            system: system.ok(),
            watched: BTreeSet::new(),
        };
        watcher.watch([directory_of(path)].into());
        watcher
    }

    /// Ends when nobody reads the projects any more.
    pub(super) async fn run(mut self, projects: watch::Sender<ProjectMap>) {
        let mut reported = None;
        loop {
            tokio::select! {
                () = projects.closed() => return,
                () = self.changed.notified() => {}
                () = time::sleep(POLL) => {}
            }
            let Some(reading) = self.read_change().await else {
                reported = None;
                #[cfg(feature = "metrics")]
                metrics::file_in_use(true);
                continue;
            };
            let taken_up = self.take_up(reading).await;
            #[cfg(feature = "metrics")]
            metrics::file_in_use(taken_up.is_ok());
            match taken_up {
                Ok(map) => {
                    projects.send_replace(map);
                    reported = None;
                    info!(path = %self.path.display(), "projects were loaded again");
                }
                Err(error) => {
                    // One line for each problem, not for each poll.
                    let text = error.to_string();
                    if reported.as_ref() != Some(&text) {
                        let (path, error) = (self.path.display(), &error as &dyn Error);
                        error!(%path, error, "projects were not loaded again: the last state is used");
                    }
                    reported = Some(text);
                }
            }
        }
    }

    /// Makes the projects, with a new inbox for each new name.
    pub(super) async fn take_up(&mut self, reading: Reading) -> Result<ProjectMap, FileError> {
        self.watch(reading.directories);
        let mut projects = Vec::new();
        for entry in reading.outcome? {
            projects.push(self.project(entry).await?);
        }
        // A key of TOML is there once, so this does not fail.
        let map = ProjectMap::new(projects);
        let map = map.map_err(FileError::from_source(
            None,
            "two projects have the same name",
        ))?;
        #[cfg(feature = "api")]
        for project in map.iter() {
            if let Some(api) = project.api() {
                self.inboxes.set_api(project.name(), api.clone());
            }
        }
        self.contents = reading.contents;
        self.compare(&map);
        Ok(map)
    }

    /// Tells which projects are gone. After a restart nothing would handle what they have stored.
    fn compare(&mut self, map: &ProjectMap) {
        let names = map.iter().map(|project| project.name().to_owned());
        let names: BTreeSet<String> = names.collect();
        for project in self.known.difference(&names) {
            warn!(
                project,
                "project was removed: its inbox handles what it has stored until this program ends"
            );
            #[cfg(feature = "metrics")]
            metrics::known(project, false);
        }
        #[cfg(feature = "metrics")]
        for project in &names {
            metrics::known(project, true);
        }
        self.known = names;
    }

    /// Makes a project. Its inbox asks with a new API KEY only once the whole file is taken up.
    async fn project(&self, entry: Entry) -> Result<Project, FileError> {
        let (line, name) = (entry.line, &*entry.name);
        #[cfg(feature = "api")]
        let api = entry.api.map(ApiSettings::connect).transpose()?;
        #[cfg(feature = "api")]
        let prepared = self.inboxes.prepare(name, api.as_ref()).await;
        #[cfg(feature = "api")]
        prepared.map_err(|problem| FileError::new(line, problem))?;
        let inbox = self.inboxes.get(name).await;
        let inbox = inbox.map_err(FileError::from_source(line, "inbox cannot be made"))?;
        let project = Project::new(entry.verifier, inbox);
        let project = project.map_err(FileError::from_source(line, "project cannot be used"))?;
        #[cfg(feature = "api")]
        let project = match api {
            Some(api) => project.with_api(api),
            None => project,
        };
        Ok(project)
    }

    /// Reads until no writer is in the middle of a file.
    async fn read_change(&self) -> Option<Reading> {
        let mut reading = Reading::of(&self.path).await;
        while reading.contents != self.contents {
            time::sleep(SETTLE).await;
            let again = Reading::of(&self.path).await;
            if again.contents == reading.contents {
                return Some(again);
            }
            reading = again;
        }
        None
    }

    fn watch(&mut self, directories: BTreeSet<PathBuf>) {
        let Some(system) = &mut self.system else {
            return;
        };
        for directory in directories {
            if self.watched.contains(&directory) {
                continue;
            }
            match system.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(directory)),
                Err(error) => {
                    let (path, error) = (directory.display(), &error as &dyn Error);
                    warn!(%path, error, "directory cannot be watched: its files are read every 30 s");
                }
            }
        }
    }
}

/// The fallback if the system reports no change, as on some network file systems.
const POLL: Duration = Duration::from_secs(30);

/// How long the files must stay as they are before they are taken up.
const SETTLE: Duration = Duration::from_millis(100);
