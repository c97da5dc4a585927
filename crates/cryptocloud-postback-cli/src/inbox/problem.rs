//! Errors of stores, in one line that says what to do.

use std::error::Error;

use anyhow::anyhow;
use cryptocloud_postback_inbox::{StoreError, StoreErrorKind};
use cryptocloud_postback_sqlx::sqlx;

use super::store::Address;

/// An error of the store.
pub(super) fn explain(address: &Address, error: &StoreError) -> anyhow::Error {
    let advice = match error.kind() {
        StoreErrorKind::Corrupt => Some("restore it from a backup"),
        StoreErrorKind::Full => Some("make room, and run the command again"),
        StoreErrorKind::NotDurable => {
            Some("change the setting, or run the command with --redis-durability")
        }
        StoreErrorKind::OutcomeUnknown => Some("run it again; it is safe, nothing stored changes"),
        StoreErrorKind::ReadOnly => Some("use a server or file that accepts writes"),
        StoreErrorKind::TimedOut | StoreErrorKind::Unavailable => {
            let source = error.source().and_then(|source| source.downcast_ref());
            Some(source.and_then(sql_advice).unwrap_or(UNREACHABLE))
        }
        // The text says it.
        _ => None,
    };
    line(address, error, advice)
}

/// An error of PostgreSQL or SQLite.
pub(super) fn explain_sql(address: &Address, error: &sqlx::Error) -> anyhow::Error {
    line(
        address,
        error,
        Some(sql_advice(error).unwrap_or(UNREACHABLE)),
    )
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn sql_advice(error: &sqlx::Error) -> Option<&'static str> {
    let code = error.as_database_error()?.code()?;
    Some(match &*code {
        "28000" | "28P01" => "check the user and the password in the URL",
        "3D000" => "create the database, or correct its name in the URL",
        "42501" => {
            "for `migrate` name a role that may create a schema and tables, and grant your service's \
             role the right to use them"
        }
        "53300" => "run the command again when the server has a free connection",
        // SQLITE_CANTOPEN
        "14" => "check the path and its permissions",
        _ => "see the server's log",
    })
}

fn line(address: &Address, error: &(dyn Error + 'static), advice: Option<&str>) -> anyhow::Error {
    let mut text = format!("{address}: {}", cause(error));
    let mut source = error.source().filter(|_| !error.is::<sqlx::Error>());
    while let Some(error) = source {
        text = format!("{text}: {}", cause(error));
        source = error.source().filter(|_| !error.is::<sqlx::Error>());
    }
    match advice {
        Some(advice) => anyhow!("{text}: {advice}"),
        None => anyhow!(text),
    }
}

/// What sqlx says about an error of the database includes the one below, and a line of the server's
/// source.
fn cause(error: &(dyn Error + 'static)) -> String {
    let database = error
        .downcast_ref()
        .and_then(sqlx::Error::as_database_error);
    database.map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

const UNREACHABLE: &str = "check the URL, and that the server is running";
