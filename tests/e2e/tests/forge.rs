//! `ccpostback send --forge all` against our examples, and against servers with the holes of the
//! vendor's samples.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde::Deserialize;

use crate::{
    languages,
    servers::{self, EXAMPLES, SECRET, Server},
};

#[derive(Debug, Deserialize)]
struct Results {
    controls: Vec<Row>,
    attacks: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    expected: Option<u16>,
    status: Option<u16>,
    verdict: String,
}

impl Results {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.controls.iter().chain(&self.attacks)
    }

    fn wrong(&self) -> BTreeSet<&str> {
        let wrong = self.rows().filter(|row| row.verdict == "wrong");
        wrong.map(|row| row.name.as_str()).collect()
    }
}

/// Sends forged postbacks, and returns the exit code and the results.
fn forge(url: &str, arguments: &[&str]) -> (Option<i32>, Results) {
    let output = servers::command("ccpostback")
        .args(["send", "--url", url, "--json", "--forge"])
        .args(arguments)
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .output()
        .expect("ccpostback");
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains(SECRET) && !error.contains(SECRET));
    let results = serde_json::from_str(&text);
    let results = results.unwrap_or_else(|problem| panic!("{problem}: {text}{error}"));
    (output.status.code(), results)
}

#[test]
fn examples_refuse_every_attack_with_the_right_status() {
    for example in EXAMPLES {
        let server = Server::start(example);
        for (arguments, controls) in [
            (vec!["all"], 4),
            (vec!["all", "--format", "form"], 2),
            (vec!["all", "--format", "json", "--order-id", "ORDER_1"], 2),
        ] {
            let (code, results) = forge(&server.url, &arguments);
            for row in results.rows() {
                let is_review = row.name == "changed-amount";
                let expected = if is_review { Some(200) } else { row.expected };
                assert_eq!(row.status, expected, "{example}: {row:?}");
                let verdict = if is_review { "review" } else { "ok" };
                assert_eq!(row.verdict, verdict, "{example}: {row:?}");
            }
            assert_eq!(code, Some(0), "{example}");
            assert_eq!(results.controls.len(), controls);
            assert!(results.attacks.len() >= 65, "{}", results.attacks.len());
        }
    }
}

/// With the wrong secret every forged postback is refused, but so is every genuine one.
#[test]
fn an_endpoint_that_refuses_everything_does_not_pass() {
    for example in EXAMPLES {
        let mut command = servers::command(example);
        command
            .env(
                "CRYPTOCLOUD_SECRET_KEY",
                "not-the-key-that-the-sender-signs-with",
            )
            .env("LISTEN_ADDR", "127.0.0.1:0");
        let server = Server::spawn(command);
        let (code, results) = forge(&server.url, &["all"]);
        assert_eq!(code, Some(1));
        assert_eq!(results.wrong().len(), results.controls.len());
    }
}

#[test]
fn finds_the_holes_of_the_python_handlers() {
    let Some(python) = &*languages::PYTHON else {
        return;
    };
    check(|format| {
        let mut command = Command::new(python);
        // PyJWT warns about short secrets.
        command.args(["-W", "ignore"]);
        command.arg(handlers().join("handler.py")).arg(format);
        command
    });
}

#[test]
fn finds_the_holes_of_the_javascript_handlers() {
    let Some(folder) = &*languages::JAVASCRIPT else {
        return;
    };
    // Node looks for modules in the folder of the script.
    let script = folder.join("handler.mjs");
    std::fs::copy(handlers().join("handler.mjs"), &script).expect("the file is copied");
    check(|format| {
        let mut command = Command::new("node");
        command.arg(&script).arg(format);
        command
    });
}

#[test]
fn finds_the_holes_of_the_php_handlers() {
    if !*languages::PHP {
        return;
    }
    check(|format| {
        let mut command = Command::new("php");
        command.args(["-S", "127.0.0.1:0"]);
        command.arg(handlers().join("handler.php"));
        command.env("HANDLER", format);
        command
    });
}

/// Attacks both handlers of one language.
fn check(command: impl Fn(&str) -> Command) {
    let mut json = command("json");
    let handler = Handler::start(json.env("JWT_SECRET", SECRET));
    let (code, results) = forge(&handler.url, &["all", "--format", "json"]);
    let wrong = results.wrong();
    assert_eq!(code, Some(1), "{wrong:?}");
    for hole in [
        "genuine-json-no-order",
        "token-missing",
        "token-null",
        "token-empty",
        "token-blank",
        "exp-missing",
        "exp-far",
        "other-invoice",
        "id-missing",
    ] {
        assert!(wrong.contains(hole), "{hole} is not among {wrong:?}");
    }
    // What they do refuse is not reported as a hole.
    for refused in [
        "genuine-json",
        "other-secret",
        "sample-secret",
        "alg-none",
        "expired",
    ] {
        assert!(!wrong.contains(refused), "{refused} is among {wrong:?}");
    }

    let handler = Handler::start(command("json").env_remove("JWT_SECRET"));
    let (code, results) = forge(&handler.url, &["sample-secret"]);
    assert_eq!(code, Some(1));
    assert_eq!(results.wrong(), BTreeSet::from(["sample-secret"]));

    let mut form = command("form");
    let handler = Handler::start(form.env("JWT_SECRET", SECRET));
    let (code, results) = forge(&handler.url, &["all", "--format", "form"]);
    let wrong = results.wrong();
    assert_eq!(code, Some(1), "{wrong:?}");
    for hole in [
        "form-no-token",
        "form-other-secret",
        "other-secret",
        "alg-none",
        "expired",
    ] {
        assert!(wrong.contains(hole), "{hole} is not among {wrong:?}");
    }
}

fn handlers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vendor-handlers")
}

/// A running handler in another language; dropping it ends the process.
struct Handler {
    child: Child,
    url: String,
}

impl Handler {
    /// PHP's server prints its URL to standard error, the others to standard output.
    fn start(command: &mut Command) -> Self {
        let is_php = command.get_program() == "php";
        let mut child = command
            .stdout(if is_php {
                Stdio::null()
            } else {
                Stdio::piped()
            })
            .stderr(if is_php {
                Stdio::piped()
            } else {
                Stdio::inherit()
            })
            .spawn()
            .expect("a handler");
        let mut line = String::new();
        match (child.stdout.take(), child.stderr.take()) {
            (Some(stdout), _) => BufReader::new(stdout).read_line(&mut line),
            (None, Some(stderr)) => {
                let mut reader = BufReader::new(stderr);
                let result = reader.read_line(&mut line);
                // It logs each request, and would block on a full pipe.
                std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
                result
            }
            (None, None) => unreachable!("one of them is a pipe"),
        }
        .expect("a line");
        let start = line.find("http://").expect("a URL");
        let address: &str = line[start..].trim_end();
        let address = address.strip_suffix(") started").unwrap_or(address);
        let address = address.strip_suffix("/postback").unwrap_or(address);
        Self {
            child,
            url: format!("{address}/postback"),
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
