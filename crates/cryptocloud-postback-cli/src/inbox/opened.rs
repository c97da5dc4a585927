use std::process::ExitCode;

use cryptocloud_postback_inbox::{InboxStore, State, StoreError};
use serde_json::Value;

use super::store::Store;
use crate::output;

/// The inbox of a project.
pub(super) struct Opened {
    pub(super) json: bool,
    pub(super) project: String,
    pub(super) store: Store,
}

impl Opened {
    pub(super) fn store(&self) -> &dyn InboxStore {
        self.store.inbox()
    }

    pub(super) fn print(
        &self,
        value: &Value,
        text: impl FnOnce(&Value) -> String,
    ) -> anyhow::Result<ExitCode> {
        output::print_result(self.json, value, || text(value))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Says why nothing was done.
    pub(super) fn fail(&self, problem: &str) -> ExitCode {
        output::print_failure(self.json, problem);
        ExitCode::FAILURE
    }

    /// What to say if nothing is found, perhaps because the name of the project is misspelt.
    pub(super) async fn missing(&self, what: &str) -> Result<String, StoreError> {
        let project = &self.project;
        for state in State::ALL {
            let reports = self.store().list(project, state, None, 1).await?;
            if !reports.is_empty() {
                return Ok(format!("project {project} has no {what}"));
            }
        }
        Ok(format!(
            "the store knows no project {project}: check --project"
        ))
    }
}
