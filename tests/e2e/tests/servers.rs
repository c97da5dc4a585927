//! The example servers as real processes.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{LazyLock, Mutex, mpsc},
    thread,
};

use serde_json::Value;

pub(crate) const EXAMPLES: [&str; 2] = ["axum-basic", "actix-basic"];
pub(crate) const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// The packages of the examples and of the program `ccpostback`.
const PACKAGES: [&str; 4] = [
    "axum-basic",
    "actix-basic",
    "axum-shop",
    "cryptocloud-postback-cli",
];

/// The executables, built once and with the features that a user gets.
static BINARIES: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--message-format=json"])
        .args(PACKAGES.map(|name| format!("-p{name}")))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "the examples failed to build");
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

/// An example or `ccpostback`, without any settings of the test's own environment.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(&BINARIES[program]);
    for name in ["CRYPTOCLOUD_SECRET_KEY", "LISTEN_ADDR", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

/// A running server; dropping it ends the process.
pub(crate) struct Server {
    child: Child,
    log: Mutex<mpsc::Receiver<String>>,
    pub(crate) url: String,
}

impl Server {
    /// Starts an example on a free port.
    pub(crate) fn start(example: &str) -> Self {
        let mut command = command(example);
        command
            .env("CRYPTOCLOUD_SECRET_KEY", SECRET)
            .env("LISTEN_ADDR", "127.0.0.1:0");
        Self::spawn(command)
    }

    /// Starts a program whose first line of output says where it listens.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a server");
        let (sender, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("a line");
        let url = line
            .trim_end()
            .strip_prefix("listening on ")
            .map(Into::into);
        Self {
            child,
            log: Mutex::new(log),
            url: url.unwrap_or_else(|| panic!("{command:?} printed {line:?}")),
        }
    }

    /// `127.0.0.1:port`
    pub(crate) fn address(&self) -> &str {
        let address = self.url.strip_prefix("http://");
        address
            .and_then(|address| address.strip_suffix("/postback"))
            .expect("an address")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill").success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("an exit code")
    }

    /// Shuts the server down, and returns the lines of its log.
    pub(crate) fn stop(mut self) -> Vec<String> {
        self.signal("TERM");
        assert!(self.wait().success());
        self.log
            .lock()
            .expect("no test panics with the lock")
            .iter()
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
