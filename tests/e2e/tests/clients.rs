//! Senders in Python, JavaScript and PHP against both example servers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde::Deserialize;

use crate::{
    languages, programs,
    servers::{EXAMPLES, SECRET, Server},
};

/// One case, as a sender reports it.
#[derive(Deserialize)]
struct Case {
    name: String,
    expect: u16,
    /// `None` if there was no response.
    status: Option<u16>,
    response: Option<String>,
    want: Option<Want>,
}

/// What the handler must see.
#[derive(Deserialize)]
struct Want {
    invoice_id: String,
    order_id: Option<String>,
    amount: String,
    currency: String,
}

#[test]
fn python() {
    let Some(python) = &*programs::PYTHON else {
        return;
    };
    check(|| {
        let mut command = Command::new(python);
        command.arg(clients().join("send.py"));
        command
    });
}

#[test]
fn javascript() {
    let Some(folder) = &*languages::JAVASCRIPT else {
        return;
    };
    // Node looks for modules in the folder of the script.
    for file in ["invoice_info.json", "send.mjs"] {
        fs::copy(clients().join(file), folder.join(file)).expect("the file is copied");
    }
    check(|| {
        let mut command = Command::new("node");
        command.arg(folder.join("send.mjs"));
        command
    });
}

#[test]
fn php() {
    if !*languages::PHP {
        return;
    }
    check(|| {
        let mut command = Command::new("php");
        command.arg(clients().join("send.php"));
        command
    });
}

/// Runs a sender against both servers.
fn check(sender: impl Fn() -> Command) {
    for example in EXAMPLES {
        let server = Server::start(example);
        let output = sender()
            .arg(&server.url)
            .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
            .output()
            .expect("the sender runs");
        let log = server.stop();
        let cases = cases(&output);
        for case in &cases {
            let (name, response) = (&case.name, &case.response);
            assert_eq!(
                case.status,
                Some(case.expect),
                "{example}: {name}: {response:?}"
            );
            if let Some(want) = &case.want {
                // No order has such an invoice, so the handler logs all that it sees.
                let line = format!(
                    "postback{{invoice_id={:?} amount={} currency={:?} order_id={:?}}}: ",
                    want.invoice_id, want.amount, want.currency, want.order_id
                );
                let found = log.iter().filter(|logged| logged.contains(&line)).count();
                assert_eq!(found, 1, "{example}: {name}: {line} in {log:#?}");
            }
        }
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let genuine = cases.iter().filter(|case| case.want.is_some()).count();
        assert!(genuine >= 10, "only {genuine} genuine cases");
        assert!(
            cases.len() - genuine >= 30,
            "only {} forged cases",
            cases.len() - genuine
        );
        let held = log.iter().filter(|line| line.contains(HELD)).count();
        assert_eq!(
            held, genuine,
            "{example}: the handler ran for a forged postback, or not for a genuine one"
        );
    }
}

fn cases(output: &Output) -> Vec<Case> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

const HELD: &str = "held for review: no such invoice";
