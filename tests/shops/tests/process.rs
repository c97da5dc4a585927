use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::LazyLock,
    thread,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{HANG, TestResult};

/// A server that is running, and ends with this value.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    /// Kept, because without a reader its writes would fail.
    _stdout: BufReader<ChildStdout>,
    /// Without a path.
    pub(crate) origin: String,
}

impl Process {
    /// Starts a program whose first line says where it listens, or returns its log as an error.
    pub(crate) async fn start(mut command: Command, log: &Path) -> TestResult<Self> {
        let file = fs::OpenOptions::new().append(true).create(true).open(log)?;
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut line = String::new();
        timeout(HANG, stdout.read_line(&mut line)).await??;
        let Some(url) = line.trim_end().strip_prefix("listening on ") else {
            let status = timeout(HANG, child.wait()).await??;
            return Err(format!("{status}: {}", fs::read_to_string(log)?).into());
        };
        Ok(Self {
            child,
            log: log.to_owned(),
            _stdout: stdout,
            origin: url.split("/postback").next().unwrap_or_default().to_owned(),
        })
    }

    /// As `kill -9`.
    pub(crate) async fn kill(mut self) -> TestResult {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> TestResult<ExitStatus> {
        let id = self.child.id().ok_or("it has ended")?.to_string();
        let kill = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(kill.await?.success());
        Ok(timeout(HANG, self.child.wait()).await??)
    }

    /// Of a process that runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    pub(crate) fn log(&self) -> TestResult<String> {
        Ok(fs::read_to_string(&self.log)?)
    }
}

/// Why a test failed is often in the log.
impl Drop for Process {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.log().unwrap_or_default());
        }
    }
}

/// A program of the workspace, without any settings of the test's own environment.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(&BINARIES[program]);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if [
            "CRYPTOCLOUD_",
            "DATABASE_",
            "OTEL_",
            "PROJECTS_",
            "RECONCILE_",
            "RUST_LOG",
        ]
        .iter()
        .any(|start| name.starts_with(start))
        {
            command.env_remove(&*name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Built once, with the features that a user gets.
static BINARIES: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(|| {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--message-format=json"])
        .args(["-paxum-shop", "-pactix-shop", "-pcryptocloud-postback-cli"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "the programs failed to build");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?;
            let path = message["executable"].as_str()?;
            Some((name.to_owned(), PathBuf::from(path)))
        })
        .collect()
});
