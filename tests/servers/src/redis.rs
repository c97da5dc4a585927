use std::{
    io::{self, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{free_port, skip};

/// A Redis server on 127.0.0.1 that keeps nothing on disk.
#[derive(Debug)]
pub struct RedisServer {
    child: Child,
    /// The working folder, which stays empty.
    _folder: TempDir,
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
        let folder = TempDir::with_prefix("redis-")?;
        let port = free_port()?;
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self {
            child,
            _folder: folder,
            port,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The connection string.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        for _ in 0..TRIES {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            if ping(self.port).is_ok_and(|is_ready| is_ready) {
                return Ok(());
            }
            // Redis sends no signal when it opens its port, so ask again.
            thread::sleep(PAUSE);
        }
        Err(io::Error::other("no reply to PING"))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
