use std::{
    fs, io,
    net::TcpStream,
    os::unix::fs::chown,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{PostgresServer, account::Account, free_port, skip};

/// PgBouncer on 127.0.0.1, before a PostgreSQL server, in transaction mode and with prepared
/// statements.
#[derive(Debug)]
pub struct PgBouncer {
    child: Child,
    _folder: TempDir,
    port: u16,
}

impl PgBouncer {
    /// Starts it, with so many connections to each database. Returns `None`, and prints one line, if
    /// PgBouncer is not installed, or is older than 1.21 and knows no prepared statements.
    ///
    /// # Panics
    ///
    /// Panics if it does not start, and under `CI` if it is not installed.
    #[must_use]
    pub fn start(server: &PostgresServer, connections: u32) -> Option<Self> {
        let Some(version) = version() else {
            skip("PgBouncer is not installed");
            return None;
        };
        if version < (1, 21) {
            // Debian 12 has no newer one.
            eprintln!("skipped: PgBouncer is older than 1.21");
            return None;
        }
        match Self::run(server, connections) {
            Ok(bouncer) => Some(bouncer),
            Err(error) => panic!("PgBouncer did not start: {error}"),
        }
    }

    fn run(server: &PostgresServer, connections: u32) -> io::Result<Self> {
        let account = Account::unprivileged()?;
        let folder = TempDir::with_prefix("pgbouncer-")?;
        if let Some((user, group)) = account.ids() {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let port = free_port()?;
        fs::write(folder.path().join("users"), "\"postgres\" \"\"\n")?;
        fs::write(
            folder.path().join("ini"),
            format!(
                "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = users\n\
                 pool_mode = transaction\nmax_prepared_statements = 100\n\
                 default_pool_size = {connections}\n",
                server.port()
            ),
        )?;
        let child = account
            .command("pgbouncer")
            .arg("ini")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut bouncer = Self {
            child,
            _folder: folder,
            port,
        };
        bouncer.wait_until_ready()?;
        Ok(bouncer)
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
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            // It sends no signal when it opens its port, so ask again.
            thread::sleep(PAUSE);
        }
        Err(io::Error::other("it opens no port"))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `None` if it is not installed.
fn version() -> Option<(u32, u32)> {
    let output = Command::new("pgbouncer").arg("--version").output().ok()?;
    let output = String::from_utf8(output.stdout).ok()?;
    let version = output.lines().next()?.strip_prefix("PgBouncer ")?;
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

const PAUSE: Duration = Duration::from_millis(10);
const TRIES: u32 = 1_000;
