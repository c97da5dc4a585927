use std::process::ExitCode;

use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{InboxStore, Record, ReportId, StoreError};
use serde::Serialize;

use super::{
    problem::explain,
    store::{Address, Store},
};
use crate::output;

/// The inbox of a project.
pub(super) struct Opened<'a> {
    pub(super) address: Address,
    pub(super) json: bool,
    pub(super) project: &'a str,
    pub(super) store: Store,
}

impl Opened<'_> {
    pub(super) fn store(&self) -> &dyn InboxStore {
        self.store.inbox()
    }

    /// The result of a call, whose error says what to do.
    pub(super) fn result<T>(&self, result: Result<T, StoreError>) -> anyhow::Result<T> {
        result.map_err(|error| explain(&self.address, &error))
    }

    pub(super) async fn find(&self, id: &InvoiceId) -> anyhow::Result<Vec<Record>> {
        self.result(self.store().find(self.project, id.as_str()).await)
    }

    pub(super) async fn get(&self, id: ReportId) -> anyhow::Result<Option<Record>> {
        self.result(self.store().get(self.project, id).await)
    }

    pub(super) fn print(
        &self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> anyhow::Result<ExitCode> {
        output::print_result(self.json, value, text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Says why nothing was done.
    pub(super) fn fail(&self, problem: &str) -> ExitCode {
        output::print_failure(self.json, problem);
        ExitCode::FAILURE
    }

    /// What to say about a report that does not exist.
    pub(super) fn unknown(&self, id: ReportId) -> String {
        let project = self.project;
        format!("project {project} has no report {id}: see `ccpostback inbox list`")
    }
}
