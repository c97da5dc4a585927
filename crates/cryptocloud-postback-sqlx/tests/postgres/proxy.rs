use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// When a [`Proxy`] cuts its connections.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// The server does COMMIT, and the client does not learn it.
    AfterCommit,
    /// The server never sees COMMIT.
    BeforeCommit,
}

/// Stands between a client and a server, until COMMIT.
pub(crate) struct Proxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(port: u16, cut: Cut) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, port, cut));
            }
        });
        Ok(Self { address, task })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, port: u16, cut: Cut) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut asked, mut answered) = ([0; 8192], [0; 8192]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = asked.get(..read?).unwrap_or_default();
                // To its end, since BEGIN has READ COMMITTED.
                let is_commit = bytes.windows(7).any(|window| window == b"COMMIT\0");
                match (is_commit, cut) {
                    _ if bytes.is_empty() => return Ok(()),
                    (true, Cut::BeforeCommit) => return Ok(()),
                    (true, Cut::AfterCommit) => {
                        server.write_all(bytes).await?;
                        // A response says that it was done.
                        return server.read_exact(&mut [0]).await.map(drop);
                    }
                    (false, _) => server.write_all(bytes).await?,
                }
            }
            read = server.read(&mut answered) => {
                let bytes = answered.get(..read?).unwrap_or_default();
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}
