use std::{
    fs, io,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{account::Account, free_port, skip};

/// A PostgreSQL server on 127.0.0.1, with the superuser `postgres` and no password.
#[derive(Debug)]
pub struct PostgresServer {
    account: Account,
    binaries: PathBuf,
    folder: TempDir,
    has_tls: bool,
    port: u16,
}

impl PostgresServer {
    /// Starts a server. Returns `None`, and prints one line, if PostgreSQL is not installed.
    ///
    /// # Panics
    ///
    /// Panics if the server does not start, and under `CI` if PostgreSQL is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_as(false)
    }

    /// Starts a server that offers TLS, with a certificate of its own [authority](Self::authority)
    /// for `localhost`, and not for 127.0.0.1. It needs the program `openssl` too.
    ///
    /// # Panics
    ///
    /// Panics as [`start`](Self::start) does.
    #[must_use]
    pub fn start_with_tls() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            skip("OpenSSL is not installed");
            return None;
        }
        Self::start_as(true)
    }

    fn start_as(has_tls: bool) -> Option<Self> {
        let Some(binaries) = find_binaries() else {
            skip("PostgreSQL is not installed");
            return None;
        };
        match Self::start_from(binaries, has_tls) {
            Ok(server) => Some(server),
            Err(error) => panic!("PostgreSQL did not start: {error}"),
        }
    }

    fn start_from(binaries: PathBuf, has_tls: bool) -> io::Result<Self> {
        let account = Account::unprivileged()?;
        let folder = TempDir::with_prefix("postgres-")?;
        if let Some((user, group)) = account.ids() {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let server = Self {
            account,
            binaries,
            folder,
            has_tls,
            port: free_port()?,
        };
        server.run(
            server
                .command("initdb")
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
                .args(["--no-locale", "--no-sync"]),
        )?;
        if has_tls {
            server.certify()?;
        }
        server.resume()?;
        Ok(server)
    }

    /// The connection string.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The certificate of the authority that has signed the server's.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.data().join("ca.crt")
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes the server the owner of a folder, for a tablespace.
    ///
    /// # Errors
    ///
    /// Returns an error if this process may not.
    pub fn own(&self, folder: &Path) -> io::Result<()> {
        match self.account.ids() {
            Some((user, group)) => chown(folder, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// Stops the server as a crash would. Its data stays.
    ///
    /// # Errors
    ///
    /// Returns an error with the server's log if `pg_ctl` fails.
    pub fn crash(&self) -> io::Result<()> {
        self.run(
            self.command("pg_ctl")
                .args(["stop", "-w", "-m", "immediate"]),
        )
    }

    /// Starts the server again.
    ///
    /// # Errors
    ///
    /// Returns an error with the server's log if `pg_ctl` fails.
    pub fn resume(&self) -> io::Result<()> {
        let options = format!(
            "-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
             -c max_connections=200 -c ssl={}",
            self.port,
            if self.has_tls { "on" } else { "off" },
        );
        let log = self.folder.path().join("log");
        self.run(
            self.command("pg_ctl")
                .args(["start", "-w", "-o", &options, "-l"])
                .arg(log),
        )
    }

    /// Writes the certificates, where the server looks for its own.
    fn certify(&self) -> io::Result<()> {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        for certificate in [
            "-subj /CN=authority -keyout ca.key -out ca.crt",
            "-subj /CN=server -addext subjectAltName=DNS:localhost \
             -addext basicConstraints=critical,CA:FALSE -CA ca.crt -CAkey ca.key \
             -keyout server.key -out server.crt",
        ] {
            let mut openssl = self.account.command("openssl");
            openssl
                .args(["req", "-x509"])
                .args(key.split(' ').chain(certificate.split(' ')))
                .current_dir(self.data())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            self.run(&mut openssl)?;
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.account.command(self.binaries.join(program));
        command
            .env("PGDATA", self.data())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn run(&self, command: &mut Command) -> io::Result<()> {
        if command.status()?.success() {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(io::Error::other(format!("{command:?} failed: {log}")))
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // It fails if the server is not running.
        let _ = self.crash();
    }
}

/// Finds the binaries of the newest installed version.
fn find_binaries() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, path)| Path::is_file(&path.join("initdb")))
        .collect();
    versions.sort();
    versions.pop().map(|(_, path)| path)
}
