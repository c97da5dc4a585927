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
    /// Its working folder, which stays empty.
    _folder: TempDir,
    port: u16,
}

impl RedisServer {
    /// Starts one; None, with a line that says so, where Redis is not installed.
    ///
    /// # Panics
    ///
    /// Where the server does not start, and under `CI` where there is none.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same with more arguments, such as `["--maxmemory-policy", "noeviction"]`.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        match Self::run(arguments) {
            Ok(server) => Some(server),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                skip("Redis is not installed");
                None
            }
            Err(error) => panic!("Redis does not start: {error}"),
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

    /// Where clients find it.
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
            // There is nothing to listen for: the port opens some time after the start.
            thread::sleep(PAUSE);
        }
        Err(io::Error::other("it does not answer"))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ping(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}

const PAUSE: Duration = Duration::from_millis(10);
const TRIES: u32 = 1_000;
