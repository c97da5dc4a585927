use std::{
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use serde_json::Value;

/// Builds a program of the workspace with the features that a user gets, and returns the command
/// that starts it, without any settings of the test's own environment.
///
/// # Panics
///
/// Panics if the program does not build.
#[must_use]
pub fn program(package: &str, binary: &str) -> Command {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--message-format=json", "-p", package])
        .args(["--bin", binary])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{package} failed to build");
    let path = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == binary)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    let mut command = Command::new(path.expect("an executable"));
    for name in [
        "CRYPTOCLOUD_SECRET_KEY",
        "DATA_DIR",
        "LISTEN_ADDR",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

/// A running server; dropping it ends the process.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Kept, because without a reader its writes would fail.
    _stdout: BufReader<ChildStdout>,
    url: String,
}

impl Program {
    /// Starts a program that prints `listening on URL` first.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not start or prints something else.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take();
        let mut stdout = BufReader::new(stdout.ok_or_else(|| io::Error::other("no pipe"))?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let url = line
            .trim_end()
            .strip_prefix("listening on ")
            .map(Into::into);
        let mut program = Self {
            child,
            _stdout: stdout,
            url: String::new(),
        };
        program.url = url.ok_or_else(|| io::Error::other(format!("it printed {line:?}")))?;
        Ok(program)
    }

    /// The URL that it printed.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends it SIGINT, as Ctrl-C does, and waits until it has ended.
    ///
    /// # Errors
    ///
    /// Returns an error if the signal cannot be sent.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", "INT", &id]).status()?;
        self.child.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
