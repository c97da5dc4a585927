//! The program as a new user meets it.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{SECRET, Server, TestResult};

/// In a folder of its own, with no setting but a free port.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-shop"));
    for name in ["CRYPTOCLOUD_SECRET_KEY", "DATA_DIR", "RUST_LOG"] {
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

/// A running shop, which ends with this value.
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
        let mut stream = TcpStream::connect(self.address()?)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        Ok(stream)
    }

    /// Asks it to end; whether it did so well, and what it has logged.
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

#[tokio::test]
async fn it_starts_without_any_setting_and_says_what_it_does() -> TestResult {
    let server = Server::start("bare").await?;
    let process = Process::start(&mut command(&server.folder))?;
    let address = process.address()?.to_owned();
    assert_eq!(
        process.lines[1..],
        [
            "the secret is a demo of this shop's own, in data/demo-secret: \
             set CRYPTOCLOUD_SECRET_KEY for real payments"
                .to_owned(),
            format!("open http://{address}/"),
        ]
    );
    let secret = fs::read_to_string(server.folder.join("data/demo-secret"))?;
    let (is_well, log) = process.stop("TERM")?;
    assert!(is_well, "{log}");
    assert!(!log.contains(secret.trim_end()));

    // And again, with the same one; a setting that is none is not taken for no setting.
    let process = Process::start(&mut command(&server.folder))?;
    assert_eq!(
        fs::read_to_string(server.folder.join("data/demo-secret"))?,
        secret
    );
    drop(process);
    for (name, value, text) in [
        (
            "CRYPTOCLOUD_SECRET_KEY",
            "",
            "CRYPTOCLOUD_SECRET_KEY: secret key is empty;",
        ),
        (
            "CRYPTOCLOUD_SECRET_KEY",
            "short",
            "CRYPTOCLOUD_SECRET_KEY: secret key is shorter",
        ),
        (
            "LISTEN_ADDR",
            "localhost",
            "set LISTEN_ADDR to an address and a port",
        ),
        ("DATA_DIR", "/dev/null/data", "/dev/null/data: "),
    ] {
        let error = Process::start(command(&server.folder).env(name, value));
        let error = error.err().ok_or("started")?.to_string();
        assert!(error.starts_with(text), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }

    fs::write(server.folder.join("data/demo-secret"), "damaged")?;
    let error = Process::start(&mut command(&server.folder))
        .err()
        .ok_or("started")?;
    let expected = "data/demo-secret: this is not the demo secret that was written: \
                    delete the file for a new one\n";
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[tokio::test]
async fn a_real_secret_makes_no_demo() -> TestResult {
    let server = Server::start("real-process").await?;
    let mut real = command(&server.folder);
    let process = Process::start(real.env("CRYPTOCLOUD_SECRET_KEY", SECRET))?;
    assert_eq!(process.lines.len(), 2, "{:?}", process.lines);
    assert!(!server.folder.join("data/demo-secret").exists());
    Ok(())
}

/// All addresses of the machine are no address to open.
#[tokio::test]
async fn the_page_is_said_where_it_can_be_opened() -> TestResult {
    let server = Server::start("any").await?;
    let mut any = command(&server.folder);
    let process = Process::start(any.env("LISTEN_ADDR", "0.0.0.0:0"))?;
    let open = process.lines.last().ok_or("no line")?;
    assert!(open.starts_with("open http://127.0.0.1:"), "{open}");
    Ok(())
}

#[tokio::test]
async fn open_pages_do_not_hold_it_up() -> TestResult {
    let server = Server::start("stop").await?;
    for signal in ["INT", "TERM"] {
        let process = Process::start(&mut command(&server.folder))?;
        let mut streams = [process.get("/events")?, process.get("/events")?];
        for stream in &mut streams {
            let mut head = [0; 15];
            stream.read_exact(&mut head)?;
            assert_eq!(&head, b"HTTP/1.1 200 OK");
        }
        let start = Instant::now();
        let (is_well, log) = process.stop(signal)?;
        assert!(is_well, "{log}");
        // Half of the time that it would wait for a request in flight.
        assert!(start.elapsed() < Duration::from_secs(5), "{signal}");
    }
    Ok(())
}
