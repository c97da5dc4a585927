//! Senders in Python, JavaScript and PHP against both example servers.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde::Deserialize;

use crate::{
    servers::{EXAMPLES, SECRET, Server},
    skip,
};

/// One case, as a sender reports it.
#[derive(Deserialize)]
struct Case {
    name: String,
    expect: u16,
    /// None where there was no answer.
    status: Option<u16>,
    answer: Option<String>,
    want: Option<Want>,
}

/// What the handler has to see.
#[derive(Deserialize)]
struct Want {
    invoice_id: String,
    order_id: Option<String>,
    amount: String,
    currency: String,
}

#[test]
fn python() {
    if !is_there("python3", &["-c", "import venv, ensurepip"]) {
        return;
    }
    let venv = scratch("python");
    let python = venv.join("bin/python");
    if !python.exists() {
        done(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    let requirements = clients().join("requirements.txt");
    done(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(requirements),
    );
    check(|| {
        let mut command = Command::new(&python);
        command.arg(clients().join("send.py"));
        command
    });
}

#[test]
fn javascript() {
    if !is_there("node", &["--version"]) || !is_there("npm", &["--version"]) {
        return;
    }
    // Modules are looked for beside the script, so it is run from a copy beside them.
    let folder = scratch("javascript");
    fs::create_dir_all(&folder).expect("a folder");
    for file in ["invoice_info.json", "package.json", "send.mjs"] {
        fs::copy(clients().join(file), folder.join(file)).expect("a copy");
    }
    done(
        Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder),
    );
    check(|| {
        let mut command = Command::new("node");
        command.arg(folder.join("send.mjs"));
        command
    });
}

#[test]
fn php() {
    if !is_there("php", &["--version"]) {
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
            .expect("a sender");
        let log = server.stop();
        let cases = cases(&output);
        for case in &cases {
            let (name, answer) = (&case.name, &case.answer);
            assert_eq!(
                case.status,
                Some(case.expect),
                "{example}: {name}: {answer:?}"
            );
            if let Some(want) = &case.want {
                let line = format!(
                    "paid invoice_id={:?} amount={} currency={:?} order_id={:?}",
                    want.invoice_id, want.amount, want.currency, want.order_id
                );
                let found = log.iter().filter(|logged| logged.ends_with(&line)).count();
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
        let paid = log.iter().filter(|line| line.contains(" paid ")).count();
        assert_eq!(
            paid, genuine,
            "{example}: the handler ran for a forged postback"
        );
    }
}

fn cases(output: &Output) -> Vec<Case> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// Whether a program runs; where it does not, a line says so, and under CI that is a failure.
fn is_there(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    let found = output.is_ok_and(|output| output.status.success());
    assert!(found || env::var_os("CI").is_none(), "{program} is missing");
    if !found {
        skip::say(&format!("{program} is missing"));
    }
    found
}

fn done(command: &mut Command) {
    let output = command.output().expect("a program");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// A folder for what a language's packages need, kept between runs.
fn scratch(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("clients")
        .join(language)
}
