use std::{
    io::{self, Write},
    process::Command,
};

use tempfile::NamedTempFile;
use tokio::task;

use crate::BenchResult;

/// The benchmark tool of a server, with the port of the server.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    Pgbench(u16),
    RedisBenchmark(u16),
}

impl Tool {
    /// Bare statements a second, or `None` if the tool is not installed.
    pub(crate) async fn run(self, clients: usize) -> BenchResult<Option<f64>> {
        task::spawn_blocking(move || self.measure(clients)).await?
    }

    fn measure(self, clients: usize) -> BenchResult<Option<f64>> {
        let clients = clients.to_string();
        let output = match self {
            Self::Pgbench(port) => {
                let mut script = NamedTempFile::with_suffix(".sql")?;
                script.write_all(b"INSERT INTO bare VALUES (gen_random_uuid()::text);")?;
                Command::new("pgbench")
                    .args(["--no-vacuum", "--protocol=prepared", "--time=1", "--jobs=2"])
                    .args([
                        "--host=127.0.0.1",
                        "--username=postgres",
                        "--client",
                        &clients,
                    ])
                    .args(["--port", &port.to_string(), "--file"])
                    .args([script.path().as_os_str(), "postgres".as_ref()])
                    .output()
            }
            Self::RedisBenchmark(port) => Command::new("redis-benchmark")
                .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", &clients])
                .args(["-n", "20000", "-r", "1000000000", "--csv"])
                .args(["SET", "bare:__rand_int__", "1", "NX"])
                .output(),
        };
        let output = match output {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            output => String::from_utf8(output?.stdout)?,
        };
        let rate = match self {
            Self::Pgbench(_) => output
                .lines()
                .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()),
            // After the header line: the name, then the rate.
            Self::RedisBenchmark(_) => output
                .lines()
                .last()
                .and_then(|line| line.split("\",\"").nth(1)),
        };
        let rate = rate.ok_or_else(|| format!("unexpected output: {output}"))?;
        Ok(Some(rate.parse()?))
    }
}
