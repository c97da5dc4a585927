//! The program as a new user meets it.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::TestResult;

/// The program in a folder of its own, with no setting but a free port.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    for name in [
        "CRYPTOCLOUD_SECRET_KEY",
        "DATA_DIR",
        "RECONCILE_SECONDS",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running demo, which ends with this value.
struct Process {
    child: Child,
    lines: Vec<String>,
}

impl Process {
    fn start(command: &mut Command) -> TestResult<Self> {
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("no pipe")?;
        let mut lines = Vec::new();
        for line in BufReader::new(stdout).lines() {
            lines.push(line?);
            if lines.last().is_some_and(|line| line.starts_with("open ")) {
                return Ok(Self { child, lines });
            }
        }
        let mut log = String::new();
        child
            .stderr
            .take()
            .ok_or("no pipe")?
            .read_to_string(&mut log)?;
        child.wait()?;
        Err(log.into())
    }

    /// `127.0.0.1:port`
    fn address(&self) -> TestResult<&str> {
        let line = self.lines[0].strip_prefix("listening on http://");
        Ok(line
            .and_then(|line| line.strip_suffix("/postback"))
            .ok_or("no address")?)
    }

    fn get(&self, path: &str) -> TestResult<TcpStream> {
        let address = self.address()?;
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        Ok(stream)
    }

    /// Asks it to end. Returns whether it succeeded, and its log.
    fn stop(mut self, signal: &str) -> TestResult<(bool, String)> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", signal, &id]).status()?;
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().ok_or("no pipe")?;
        stderr.read_to_string(&mut log)?;
        Ok((self.child.wait()?.success(), log))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_starts_without_any_setting_and_says_what_it_does() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    let process = Process::start(&mut command(folder.path()))?;
    let address = process.address()?.to_owned();
    assert_eq!(
        process.lines[1..],
        [
            "the secret is the demo's own, in data/demo-secret: run axum-shop for real payments"
                .to_owned(),
            format!("open http://{address}/"),
        ]
    );
    let secret = fs::read_to_string(folder.path().join("data/demo-secret"))?;
    // A second one, on another port, needs a folder of its own.
    let error = Process::start(&mut command(folder.path())).err();
    let expected = "data: another demo uses this folder: set DATA_DIR to another\n";
    assert_eq!(error.ok_or("started")?.to_string(), expected);
    // It stops by a signal once it serves.
    process.get("/")?.read_exact(&mut [0])?;
    let (is_well, log) = process.stop("TERM")?;
    assert!(is_well, "{log}");
    assert!(!log.contains(secret.trim_end()));

    // And again, with the same secret, also if there is a real one.
    let mut again = command(folder.path());
    let process = Process::start(again.env(
        "CRYPTOCLOUD_SECRET_KEY",
        "not-a-real-key-only-for-these-tests",
    ))?;
    assert_eq!(process.lines.len(), 3);
    let path = folder.path().join("data/demo-secret");
    assert_eq!(fs::read_to_string(&path)?, secret);
    drop(process);

    fs::write(&path, "damaged")?;
    let error = Process::start(&mut command(folder.path())).err();
    let expected = "data: data/demo-secret: this is not the demo secret that was written: \
                    delete the file for a new one\n";
    assert_eq!(error.ok_or("started")?.to_string(), expected);
    Ok(())
}

#[test]
fn bad_settings_are_refused_in_one_line() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    let address = "set LISTEN_ADDR to a loopback address and a port";
    for (name, value, text) in [
        ("LISTEN_ADDR", "localhost", address),
        // The page needs no password, so no other machine may open it.
        ("LISTEN_ADDR", "0.0.0.0:0", address),
        ("LISTEN_ADDR", "[::]:0", address),
        (
            "RECONCILE_SECONDS",
            "0",
            "set RECONCILE_SECONDS to a number of seconds",
        ),
        ("DATA_DIR", "/dev/null/data", "/dev/null/data: "),
    ] {
        let error = Process::start(command(folder.path()).env(name, value));
        let error = error.err().ok_or("started")?.to_string();
        assert!(error.starts_with(text), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    Ok(())
}

#[test]
fn arguments_are_refused_with_the_settings() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    for argument in ["--help", "8080"] {
        let error = Process::start(command(folder.path()).arg(argument));
        let error = error.err().ok_or("started")?.to_string();
        assert!(error.contains("LISTEN_ADDR, DATA_DIR"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert!(!folder.path().join("data").exists());
    Ok(())
}

/// An open event stream does not delay the end.
#[test]
fn open_pages_do_not_delay_the_end() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    for signal in ["INT", "TERM"] {
        let process = Process::start(&mut command(folder.path()))?;
        let mut streams = [process.get("/events")?, process.get("/events")?];
        for stream in &mut streams {
            let mut head = [0; 15];
            stream.read_exact(&mut head)?;
            assert_eq!(&head, b"HTTP/1.1 200 OK");
        }
        let (is_well, log) = process.stop(signal)?;
        assert!(is_well, "{log}");
        // After an orderly end the stream is complete.
        for mut stream in streams {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest)?;
            assert!(rest.ends_with(b"0\r\n\r\n"), "{signal}");
        }
    }
    Ok(())
}
