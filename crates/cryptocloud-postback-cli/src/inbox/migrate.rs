//! `ccpostback inbox migrate`

use std::process::ExitCode;

use anyhow::{Context, bail};
use cryptocloud_postback_inbox::StoreError;
use serde::Serialize;
use tokio::signal;

use super::{
    problem::explain,
    store::{Address, Store, StoreOptions},
};
use crate::output;

pub(super) async fn run(options: &StoreOptions, json: bool) -> anyhow::Result<ExitCode> {
    let address = options.address()?;
    tokio::select! {
        migrated = migrate(options, &address) => {
            let migrated = migrated?;
            output::print_result(json, &migrated, || migrated.text(&address))?;
            Ok(ExitCode::SUCCESS)
        }
        interrupted = signal::ctrl_c() => {
            interrupted.context("cannot wait for Ctrl-C")?;
            output::print_error("interrupted: run the command again, a migration is done as a whole or not at all");
            Ok(ExitCode::from(output::INTERRUPTED))
        }
    }
}

async fn migrate(options: &StoreOptions, address: &Address) -> anyhow::Result<Migrated> {
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
) -> Result<Migrated, StoreError> {
    let from = version().await?;
    migrate().await?;
    let to = version().await?;
    Ok(Migrated { from, to })
}

/// The versions before and after. 0 if there was no schema.
#[derive(Debug, Serialize)]
struct Migrated {
    from: u32,
    to: u32,
}

impl Migrated {
    fn text(&self, address: &Address) -> String {
        let address = output::Escaped(&address.to_string()).to_string();
        match *self {
            Self { from, to } if from == to => {
                format!("{address}: schema is at version {to}, nothing to do\n")
            }
            Self { from: 0, to } => format!("{address}: schema created at version {to}\n"),
            Self { from, to } => {
                format!("{address}: schema migrated from version {from} to version {to}\n")
            }
        }
    }
}

pub(super) const HELP: &str = "\
Examples:
  DATABASE_URL=postgres://owner:PASSWORD@db.example/shop ccpostback inbox migrate
  ccpostback inbox migrate --database-url sqlite:shop.db

A SQLite file is created if it does not exist. Redis needs no migration.

Exit code: 0 if the schema is up to date, 2 if not, and 130 after Ctrl-C.";
