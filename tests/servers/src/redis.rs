use std::{
    io::{self, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{free_port, skip};

/// A Redis server on 127.0.0.1 that keeps nothing on disk, unless its arguments say so.
#[derive(Debug)]
pub struct RedisServer {
    arguments: Vec<String>,
    bus_port: u16,
    child: Mutex<Option<Child>>,
    folder: TempDir,
    port: u16,
}

impl RedisServer {
    /// Starts a server. Returns `None`, and prints one line, if Redis is not installed.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start, and under `CI` if Redis is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with more arguments, such as `["--maxmemory-policy", "noeviction"]`.
    ///
    /// # Panics
    ///
    /// Panics as [`start`](Self::start) does.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        match Self::run(arguments) {
            Ok(server) => Some(server),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                skip("Redis is not installed");
                None
            }
            Err(error) => panic!("Redis did not start: {error}"),
        }
    }

    fn run(arguments: &[&str]) -> io::Result<Self> {
        let server = Self {
            arguments: arguments.iter().map(ToString::to_string).collect(),
            bus_port: free_port()?,
            child: Mutex::default(),
            folder: TempDir::with_prefix("redis-")?,
            port: free_port()?,
        };
        server.resume()?;
        Ok(server)
    }

    /// Stops the server as a crash would. What it has on disk stays.
    ///
    /// # Errors
    ///
    /// Returns an error if the process cannot be killed.
    pub fn crash(&self) -> io::Result<()> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts the server again.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not start.
    pub fn resume(&self) -> io::Result<()> {
        let mut command = Command::new("redis-server");
        if self
            .arguments
            .iter()
            .any(|name| name == "--cluster-enabled")
        {
            // The default, which is the port plus 10,000, may be taken or no port.
            command.args(["--cluster-port", &self.bus_port.to_string()]);
        }
        let mut child = command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let is_ready = wait_until_ready(&mut child, self.port);
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        is_ready
    }

    /// The connection string.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The port on which a node talks to others of its cluster.
    #[must_use]
    pub fn bus_port(&self) -> u16 {
        self.bus_port
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.crash();
    }
}

fn wait_until_ready(child: &mut Child, port: u16) -> io::Result<()> {
    for _ in 0..TRIES {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("it ended with {status}")));
        }
        if ping(port).is_ok_and(|is_ready| is_ready) {
            return Ok(());
        }
        // Redis sends no signal when it opens its port, so ask again.
        thread::sleep(PAUSE);
    }
    Err(io::Error::other("no reply to PING"))
}

fn ping(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut reply = [0; 5];
    stream.read_exact(&mut reply)?;
    Ok(&reply == b"+PONG")
}

const PAUSE: Duration = Duration::from_millis(10);
const TRIES: u32 = 1_000;
