//! `ccpostback inbox` as a process, and what the stores have afterwards.
#![forbid(unsafe_code)]

mod down;
mod import;
mod interrupt;
mod log;
mod migrate;
mod operate;
#[path = "../commands/program.rs"]
#[expect(dead_code, reason = "a call has to name a store here")]
mod program;
mod redis;
mod terminal;

use std::{error::Error, process::Command};

use cryptocloud_postback::{Amount, InvoiceId};
use cryptocloud_postback_inbox::{Fields, Identity, LostReport, Report};

use crate::program::Ended;

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// The password in the URLs of these tests.
const PASSWORD: &str = "not-a-real-password";

/// The program without the variables that name a store.
fn program(arguments: &[&str]) -> Command {
    let mut command = program::program(&[&["inbox"], arguments].concat());
    command.env_remove("DATABASE_URL").env_remove("REDIS_URL");
    command
}

/// Runs the program, which must not print a password.
#[track_caller]
fn run(command: &mut Command, input: &[u8]) -> Ended {
    let ended = program::run(command, input);
    assert!(!ended.stdout.contains(PASSWORD), "{ended:?}");
    assert!(!ended.stderr.contains(PASSWORD), "{ended:?}");
    ended
}

#[track_caller]
fn call(arguments: &[&str]) -> Ended {
    run(&mut program(arguments), b"")
}

/// A report of the project `shop`.
fn report(invoice: &str, order: &str) -> TestResult<Report> {
    let fields = Fields {
        amount_crypto: Some(Amount::parse("1.5")?),
        currency: Some("USDT_TRC20".parse()?),
        order_id: Some(order.into()),
        invoice_info: None,
    };
    let identity = Identity::new("shop", InvoiceId::parse(invoice)?);
    Ok(Report::new(identity, fields))
}

/// The line that a service logs for it.
fn line(report: &Report) -> String {
    let lost = LostReport(report.clone());
    format!("2026-11-25T15:00:00Z ERROR postback was not stored: x report={lost} error=down\n")
}
