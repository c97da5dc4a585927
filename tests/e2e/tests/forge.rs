//! `ccpostback send --forge all` against our examples, and against servers with the holes of the
//! vendor's samples.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use cryptocloud_postback::ErrorKind;
use serde::Deserialize;

use crate::{
    languages, programs,
    servers::{self, EXAMPLES, SECRET, Server},
};

#[derive(Debug, Deserialize)]
struct Results {
    attacks: Vec<Row>,
    conclusions: Vec<Conclusion>,
    controls: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    status: Option<u16>,
    verdict: String,
}

#[derive(Debug, Deserialize)]
struct Conclusion {
    class: String,
    text: String,
    attacks: Vec<String>,
}

impl Results {
    /// What was found, each with its attacks, as one line.
    fn conclusions(&self) -> Vec<String> {
        let found = self.conclusions.iter();
        let found =
            found.filter(|one| !["error", "refused", "review"].contains(&one.class.as_str()));
        found
            .map(|one| format!("{}: {} {}", one.class, one.text, one.attacks.join(" ")))
            .collect()
    }
}

/// Attacks an endpoint, and returns the exit code and the results.
fn forge(url: &str, arguments: &[&str]) -> (Option<i32>, Results) {
    let output = servers::command("ccpostback")
        .args(["send", "--url", url, "--json", "--forge", "all"])
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

/// The status that our adapters refuse each attack with.
fn expected_statuses() -> HashMap<&'static str, u16> {
    let attacks = include_str!("../../../crates/cryptocloud-postback-cli/tests/attacks.txt");
    let statuses = attacks.lines().map(|line| {
        let (name, kind) = line.split_once(' ').expect("a name and a kind");
        let mut kinds = ErrorKind::ALL.iter();
        let kind = kinds.find(|known| format!("{known:?}") == kind);
        (name, kind.expect("a kind").response().status())
    });
    statuses.collect()
}

#[test]
fn examples_refuse_every_attack_with_the_right_status() {
    let expected = expected_statuses();
    for example in EXAMPLES {
        let server = Server::start(example);
        for arguments in [
            &[][..],
            &["--format", "form"],
            &["--format", "json", "--order-id", "ORDER_1"],
        ] {
            let (code, results) = forge(&server.url, arguments);
            for row in results.controls.iter().chain(&results.attacks) {
                // The others are genuine to an endpoint that sees one postback at a time.
                let expected = expected.get(row.name.as_str()).unwrap_or(&200);
                assert_eq!(
                    row.status.as_ref(),
                    Some(expected),
                    "{example}: {}",
                    row.name
                );
            }
            let classes: Vec<_> = results.conclusions.iter().map(|one| &one.class).collect();
            assert_eq!(classes, ["review"], "{example}");
            assert_eq!(code, Some(0), "{example}");
            assert_eq!(results.controls.len(), 2);
            assert_eq!(results.attacks.len(), 79);
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
        let (code, results) = forge(&server.url, &[]);
        assert_eq!(code, Some(1));
        assert!(results.controls.iter().all(|row| row.verdict == "refused"));
        assert_eq!(results.attacks.len(), 0);
        let classes: Vec<_> = results.conclusions.iter().map(|one| &one.class).collect();
        assert_eq!(classes, ["stopped"]);
        assert!(
            results.conclusions[0].text.contains("SECRET KEY"),
            "{results:?}"
        );
    }
}

/// The lines of the README that look at the pages of a shop, word for word.
#[test]
fn the_example_with_a_page_passes() {
    if Command::new("curl").arg("--version").output().is_err() {
        crate::skip::say("curl is not installed");
        return;
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut shop = servers::command("axum-shop");
    shop.env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("DATABASE_FILE", folder.path().join("shop.sqlite"));
    let shop = Server::spawn(shop);
    let readme = include_str!("../../../crates/cryptocloud-postback-cli/README.md");
    let mut blocks = readme
        .split("```sh\n")
        .filter_map(|rest| rest.split("```").next());
    let example = blocks.find(|block| block.contains("--check-url"));
    let example = example
        .expect("an example")
        .replace("127.0.0.1:3000", shop.address());
    let program = servers::command("ccpostback");
    let program = program.get_program().to_str().expect("UTF-8");
    let output = Command::new("sh")
        .arg("-ec")
        .arg(example.replace("ccpostback send", &format!("'{program}' send --pause 0")))
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    let end = "look at the orders above.\n             replay, resend, copies\n\
               passed       As far as responses tell: what is for review only you can see.\n";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(output.status.code(), Some(0), "{text}");
}

fn python(format: &str) -> Option<Command> {
    let mut command = Command::new(programs::PYTHON.as_ref()?);
    // PyJWT warns about short secrets.
    command.args(["-W", "ignore"]);
    command.arg(handlers().join("handler.py")).arg(format);
    Some(command)
}

/// What a sound handler accepts forges no payment, so it passes.
#[test]
fn a_sound_handler_passes() {
    let Some(mut command) = python("sound") else {
        return;
    };
    let handler = Handler::start(command.env("JWT_SECRET", SECRET));
    let (code, results) = forge(&handler.url, &["--format", "json"]);
    let expected = [
        "strictness: Malformed postbacks are accepted. None of them forges a payment without the \
         secret. alg-twice token-padded exp-far exp-string exp-fraction amount-negative \
         amount-underscore amount-nan amount-huge order-nul order-long order-long-number \
         byte-order-mark large",
    ];
    assert_eq!(results.conclusions(), expected);
    assert_eq!(code, Some(0));
}

#[test]
fn finds_the_holes_of_the_python_handlers() {
    check(
        python,
        [
            "exp-missing",
            "invoice-operator invoice-array invoice-number",
            "alg-twice token-padded exp-far exp-string exp-fraction no-status \
             duplicate-json amount-negative amount-underscore amount-nan amount-huge \
             order-nul order-long order-long-number byte-order-mark \
             large",
        ],
    );
}

#[test]
fn finds_the_holes_of_the_javascript_handlers() {
    let javascript = |format: &str| {
        let folder = languages::JAVASCRIPT.as_ref()?;
        // Node looks for modules in the folder of the script.
        let script = folder.join("handler.mjs");
        std::fs::copy(handlers().join("handler.mjs"), &script).expect("the file is copied");
        let mut command = Command::new("node");
        command.arg(&script).arg(format);
        Some(command)
    };
    check(
        javascript,
        [
            "exp-missing",
            "invoice-operator invoice-object invoice-array invoice-number",
            "alg-twice header-crit exp-huge exp-far exp-fraction no-status \
             duplicate-json amount-negative amount-underscore amount-huge order-nul \
             order-long order-long-number utf8-invalid-json json-deep large",
        ],
    );
}

#[test]
fn finds_the_holes_of_the_php_handlers() {
    let php = |format: &str| {
        if !*languages::PHP {
            return None;
        }
        let mut command = Command::new("php");
        command.args(["-S", "127.0.0.1:0"]);
        command.arg(handlers().join("handler.php"));
        command.env("HANDLER", format);
        Some(command)
    };
    check(
        php,
        [
            "exp-missing exp-null",
            "invoice-operator invoice-array invoice-number",
            "alg-twice header-crit token-padded exp-far \
             exp-string exp-fraction no-status duplicate-json amount-negative \
             amount-underscore amount-huge order-nul order-long order-long-number \
             large large-chunked get put",
        ],
    );
}

/// Attacks both handlers of one language.
fn check(command: impl Fn(&str) -> Option<Command>, expected: [&str; 3]) {
    let Some(mut json) = command("json") else {
        return;
    };
    let handler = Handler::start(json.env("JWT_SECRET", SECRET));
    let (code, results) = forge(&handler.url, &["--format", "json"]);
    let [no_expiry, operators, strictness] = expected;
    let expected = [
        "bypass: Anyone can confirm any invoice: a postback without a token is accepted. \
         token-missing token-null token-empty token-blank"
            .to_owned(),
        "bypass: A customer who has paid one invoice can confirm another: the token's invoice is \
         not compared. other-invoice"
            .to_owned(),
        format!(
            "weakness: A token without an expiry is accepted: once captured, it is valid forever. \
             {no_expiry}"
        ),
        "weakness: A token that names no invoice is accepted for any. id-missing id-number"
            .to_owned(),
        format!(
            "weakness: An invoice_id that is not a string is accepted: as a query operator, it can \
             match another invoice. {operators}"
        ),
        format!(
            "strictness: Malformed postbacks are accepted. None of them forges a payment without \
             the secret. {strictness}"
        ),
    ];
    assert_eq!(results.conclusions(), expected);
    assert_eq!(code, Some(1));

    let mut sample = command("json").expect("as before");
    let handler = Handler::start(sample.env_remove("JWT_SECRET"));
    let (code, results) = forge(&handler.url, &["--only", "sample-secret"]);
    assert_eq!(code, Some(1));
    let classes: Vec<_> = results.conclusions.iter().map(|one| &one.class).collect();
    assert_eq!(classes, ["stopped"]);

    let mut form = command("form").expect("as before");
    let handler = Handler::start(form.env("JWT_SECRET", SECRET));
    let (code, results) = forge(&handler.url, &["--format", "form"]);
    let expected = "bypass: Anyone can confirm any invoice: the endpoint accepts everything, even an \
        empty body. It verifies nothing, or decides after its response: look at what became of the \
        orders. token-missing other-secret empty";
    assert_eq!(results.conclusions(), [expected]);
    assert_eq!(code, Some(1));
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
