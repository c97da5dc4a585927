use std::fmt::Display;

use cryptocloud_postback_inbox::{InboxStore, Record, ReportId, StoreError};

use super::{
    problem::explain,
    store::{Address, Store, StoreOptions},
};

/// Which inbox to look at or to change.
#[derive(clap::Args, Debug)]
pub(super) struct InboxOptions {
    /// The project, as your service names its inbox
    #[arg(long, value_name = "NAME", help_heading = "Store")]
    pub(super) project: String,

    /// Print one line of JSON
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    store: StoreOptions,
}

/// The inbox of a project.
pub(super) struct Opened<'a> {
    address: Address,
    project: &'a str,
    store: Store,
}

impl InboxOptions {
    pub(super) async fn open(&self) -> anyhow::Result<Opened<'_>> {
        let (address, store) = self.store.open().await?;
        Ok(Opened {
            address,
            project: &self.project,
            store,
        })
    }
}

impl Opened<'_> {
    pub(super) fn project(&self) -> &str {
        self.project
    }

    pub(super) fn store(&self) -> &dyn InboxStore {
        self.store.inbox()
    }

    /// The result of a call, whose error says what to do.
    pub(super) fn result<T>(&self, result: Result<T, StoreError>) -> anyhow::Result<T> {
        result.map_err(|error| explain(&self.address, &error))
    }

    pub(super) async fn get(&self, id: ReportId) -> anyhow::Result<Option<Record>> {
        self.result(self.store().get(self.project, id).await)
    }

    /// What to say about a report that does not exist.
    pub(super) fn unknown(&self, id: impl Display) -> String {
        format!(
            "project {} has no report {id}: see `ccpostback inbox list`",
            self.project
        )
    }
}
