use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use durability::Options;

/// A running receiver; dropping it kills the process.
pub(crate) struct Receiver {
    child: Child,
    url: String,
}

impl Receiver {
    pub(crate) async fn start(options: &Options) -> io::Result<Self> {
        let mut command = Command::new(PROGRAM);
        command
            .args(options.arguments())
            // The receiver ends with this pipe.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let start = move || -> io::Result<Self> {
            let mut child = command.spawn()?;
            let mut line = String::new();
            if let Some(stdout) = child.stdout.take() {
                BufReader::new(stdout).read_line(&mut line)?;
            }
            let url = line.trim_end().to_owned();
            Ok(Self { child, url })
        };
        let receiver = tokio::task::spawn_blocking(start).await??;
        if receiver.url.is_empty() {
            return Err(io::Error::other("the receiver did not start"));
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
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_receiver");
