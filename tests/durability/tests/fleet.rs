use std::{collections::BTreeSet, sync::Arc};

use durability::{Framework, Options};
use tokio::sync::RwLock;

use crate::{TestResult, flood::Flood, place::Place, receiver::Receiver};

/// Two processes, one of each framework, each with a name of its own.
pub(crate) struct Fleet<'a> {
    /// The names of those that were killed.
    pub(crate) killed: BTreeSet<String>,
    options: [Options; 2],
    place: &'a Place,
    receivers: Vec<Receiver>,
    started: usize,
}

impl<'a> Fleet<'a> {
    pub(crate) async fn start(
        place: &'a Place,
        change: impl Fn(Options) -> Options,
    ) -> TestResult<Self> {
        let mut fleet = Self {
            killed: BTreeSet::new(),
            options: Framework::ALL.map(|framework| change(place.options(framework))),
            place,
            receivers: Vec::new(),
            started: 0,
        };
        for which in 0..fleet.options.len() {
            let receiver = fleet.next(which).await?;
            fleet.receivers.push(receiver);
        }
        Ok(fleet)
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        let urls = self.receivers.iter().map(Receiver::url);
        urls.map(str::to_owned).collect()
    }

    pub(crate) fn flood(&self) -> TestResult<Flood> {
        Flood::start(self.urls())
    }

    pub(crate) fn kill(&mut self, which: usize) {
        self.receivers[which].kill();
        self.killed.insert(self.options[which].name.clone());
    }

    /// Starts another process in the place of one that was killed.
    pub(crate) async fn replace(
        &mut self,
        which: usize,
        urls: &Arc<RwLock<Vec<String>>>,
    ) -> TestResult {
        self.receivers[which] = self.next(which).await?;
        *urls.write().await = self.urls();
        Ok(())
    }

    /// Starts another process, then lets the old one finish its work.
    pub(crate) async fn roll(
        &mut self,
        which: usize,
        urls: &Arc<RwLock<Vec<String>>>,
    ) -> TestResult {
        let new = self.next(which).await?;
        let old = std::mem::replace(&mut self.receivers[which], new);
        *urls.write().await = self.urls();
        old.end().await
    }

    /// Lets all finish their work.
    pub(crate) async fn end(self) -> TestResult {
        for receiver in self.receivers {
            receiver.end().await?;
        }
        Ok(())
    }

    async fn next(&mut self, which: usize) -> TestResult<Receiver> {
        self.options[which].name = self.started.to_string();
        self.started += 1;
        self.place.start(&self.options[which]).await
    }
}
