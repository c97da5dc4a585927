//! `ccpostback inbox migrate`

use std::process::ExitCode;

use anyhow::{Context, bail};
use cryptocloud_postback_inbox::StoreError;
use serde_json::json;
use tokio::signal;

use super::{
    problem::explain,
    store::{Address, Store, StoreOptions},
};
use crate::output;

pub(super) async fn run(options: &StoreOptions, is_json: bool) -> anyhow::Result<ExitCode> {
    let address = options.address()?;
    tokio::select! {
        migrated = migrate(options, &address) => {
            let (from, to) = migrated?;
            let value = json!({ "from": from, "to": to });
            output::print_result(is_json, &value, || text(&address, from, to))?;
            Ok(ExitCode::SUCCESS)
        }
        interrupted = signal::ctrl_c() => {
            interrupted.context("cannot wait for Ctrl-C")?;
            output::print_error("interrupted: run the command again, a migration is done as a whole or not at all");
            Ok(ExitCode::from(output::INTERRUPTED))
        }
    }
}

/// The versions before and after. 0 if there was no schema.
async fn migrate(options: &StoreOptions, address: &Address) -> anyhow::Result<(u32, u32)> {
    let migrated = match options.connect(address).await? {
        Store::Postgres(store) => {
            versions(
                async || store.schema_version().await,
                async || store.migrate().await,
            )
            .await
        }
        Store::Sqlite(store) => {
            versions(
                async || store.schema_version().await,
                async || store.migrate().await,
            )
            .await
        }
        Store::Redis(_) => bail!("{address} has no tables: your service needs no migration"),
    };
    migrated.map_err(|error| explain(address, &error))
}

async fn versions(
    version: impl AsyncFn() -> Result<u32, StoreError>,
    migrate: impl AsyncFn() -> Result<(), StoreError>,
) -> Result<(u32, u32), StoreError> {
    let from = version().await?;
    migrate().await?;
    Ok((from, version().await?))
}

fn text(address: &Address, from: u32, to: u32) -> String {
    let address = output::Escaped(&address.to_string()).to_string();
    match from {
        0 => format!("{address}: schema created at version {to}\n"),
        _ if from == to => format!("{address}: schema is at version {to}, nothing to do\n"),
        _ => format!("{address}: schema migrated from version {from} to version {to}\n"),
    }
}

pub(super) const HELP: &str = "\
Examples:
  DATABASE_URL=postgres://owner:PASSWORD@db.example/shop ccpostback inbox migrate
  ccpostback inbox migrate --database-url sqlite:shop.db

A SQLite file is created if it does not exist. Redis needs no migration.

Exit code: 0 if the schema is up to date, 2 if not, and 130 after Ctrl-C.";
