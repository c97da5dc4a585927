use std::{
    fs::OpenOptions,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use durability::Options;
use tokio::task::spawn_blocking;

use crate::TestResult;

/// A running receiver; dropping it kills the process.
pub(crate) struct Receiver {
    child: Child,
    url: String,
}

impl Receiver {
    /// Starts a process that appends its errors to the log.
    pub(crate) async fn start(options: &Options, log: &Path) -> TestResult<Self> {
        let mut command = Command::new(PROGRAM);
        command
            .arg(serde_json::to_string(options)?)
            // The receiver ends with this pipe.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(OpenOptions::new().append(true).create(true).open(log)?);
        let start = move || -> io::Result<Self> {
            let mut child = command.spawn()?;
            let mut line = String::new();
            if let Some(stdout) = child.stdout.take() {
                BufReader::new(stdout).read_line(&mut line)?;
            }
            let url = line.trim_end().to_owned();
            Ok(Self { child, url })
        };
        let receiver = spawn_blocking(start).await??;
        if receiver.url.is_empty() {
            return Err("the receiver did not start".into());
        }
        Ok(receiver)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Kills the process, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops the process where it is: SIGSTOP.
    pub(crate) fn freeze(&self) -> TestResult {
        self.signal("STOP")
    }

    /// Lets a stopped process go on: SIGCONT.
    pub(crate) fn thaw(&self) -> TestResult {
        self.signal("CONT")
    }

    /// Lets the process finish its work, and waits until it has ended.
    pub(crate) async fn end(mut self) -> TestResult {
        drop(self.child.stdin.take());
        let status = spawn_blocking(move || self.child.wait()).await??;
        assert!(status.success(), "{status}");
        Ok(())
    }

    fn signal(&self, name: &str) -> TestResult {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status()?;
        assert!(status.success(), "{kill}");
        Ok(())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_receiver");
