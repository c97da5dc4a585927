//! Runs the program and asserts that it never prints a secret.

use std::{
    env, fs,
    io::Write,
    process::{Command, Output, Stdio},
    thread,
};

use serde_json::Value;
use tempfile::NamedTempFile;

pub(crate) const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// The program with the secret set, and without other variables that could change its behaviour.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ccpostback"));
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.ends_with("_PROXY") || upper.contains("COLOR") {
            command.env_remove(name);
        }
    }
    command
        .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
        .args(arguments);
    command
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that it failed with one line that contains this text.
    #[track_caller]
    pub(crate) fn fails(&self, expected: &str) {
        assert_eq!(self.stdout, "");
        self.says(expected);
    }

    /// Asserts that it failed with an object that has this text, and with the same line.
    #[track_caller]
    pub(crate) fn fails_in_json(&self, expected: &str) {
        let object = self.json();
        let error = object["error"].as_str().expect("a text");
        assert_eq!(self.stderr, format!("ccpostback: {error}\n"));
        self.says(expected);
    }

    #[track_caller]
    fn says(&self, expected: &str) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("ccpostback: "), "{self:?}");
        assert!(self.stderr.contains(expected), "{self:?}");
    }
}

impl From<Output> for Ended {
    #[track_caller]
    fn from(output: Output) -> Self {
        let ended = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        };
        assert!(!ended.stdout.contains(SECRET), "{ended:?}");
        assert!(!ended.stderr.contains(SECRET), "{ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
        ended
    }
}

#[track_caller]
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ended {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("a pipe");
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // The program may not read all of it.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().expect("an end")
    });
    output.into()
}

/// Runs the program with these arguments and an empty standard input.
#[track_caller]
pub(crate) fn call(arguments: &[&str]) -> Ended {
    run(&mut program(arguments), b"")
}

/// A file with this content, deleted when the value is dropped.
pub(crate) struct TempFile(NamedTempFile);

impl TempFile {
    pub(crate) fn new(content: impl AsRef<[u8]>) -> Self {
        let file = NamedTempFile::new().expect("a file");
        fs::write(&file, content).expect("its content");
        Self(file)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().expect("UTF-8")
    }
}
