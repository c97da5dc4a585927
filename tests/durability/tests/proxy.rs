use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// A proxy between a client and a server that breaks connections on demand.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    cut: Mutex<Option<Cut>>,
    /// The port of the server.
    upstream: Mutex<u16>,
    weather: watch::Sender<Weather>,
}

/// Connections are numbered from zero.
#[derive(Clone, Copy, Default)]
struct Weather {
    /// Connections with a lower number are closed.
    cut_below: u64,
    /// The number of the next connection.
    next: u64,
    /// Nothing passes on connections with a lower number.
    stalled_below: u64,
}

/// When to close one connection.
pub(crate) struct Cut {
    /// The bytes that identify a message to the server.
    pub(crate) marker: Vec<u8>,
    pub(crate) moment: Moment,
    /// How many such messages pass first.
    pub(crate) skip: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    /// After the server has replied, before the client gets the reply.
    After,
    /// Before the server gets the message.
    Before,
}

impl Proxy {
    pub(crate) async fn start(upstream: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            cut: Mutex::default(),
            upstream: Mutex::new(upstream),
            weather: watch::Sender::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, task })
    }

    /// Closes one connection, once.
    pub(crate) fn cut(&self, cut: Cut) {
        *lock(&self.shared.cut) = Some(cut);
    }

    /// Whether that connection has been closed.
    pub(crate) fn has_cut(&self) -> bool {
        lock(&self.shared.cut).is_none()
    }

    /// Closes all connections, new ones too.
    pub(crate) fn refuse(&self) {
        self.shared
            .weather
            .send_modify(|weather| weather.cut_below = u64::MAX);
    }

    /// Keeps all connections open, and lets nothing pass.
    pub(crate) fn stall(&self) {
        self.shared
            .weather
            .send_modify(|weather| weather.stalled_below = u64::MAX);
    }

    /// Lets everything pass again.
    pub(crate) fn resume(&self) {
        self.shared.weather.send_modify(|weather| {
            weather.cut_below = weather.cut_below.min(weather.next);
            weather.stalled_below = 0;
        });
    }

    /// Connects to another server from now on.
    pub(crate) fn redirect(&self, upstream: u16) {
        *lock(&self.shared.upstream) = upstream;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.refuse();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let mut number = 0;
        shared.weather.send_modify(|weather| {
            number = weather.next;
            weather.next += 1;
        });
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut weather = shared.weather.subscribe();
            tokio::select! {
                _ = weather.wait_for(|weather| number < weather.cut_below) => {}
                // A broken connection is no failure here.
                _ = exchange(client, number, &shared) => {}
            }
        });
    }
}

/// Copies in both directions until one side closes, then closes both.
async fn exchange(client: TcpStream, number: u64, shared: &Shared) -> io::Result<()> {
    let mut weather = shared.weather.subscribe();
    passes(&mut weather, number).await;
    let upstream = SocketAddr::from(([127, 0, 0, 1], *lock(&shared.upstream)));
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let reply_is_lost = AtomicBool::new(false);
    tokio::select! {
        result = ask(from_client, to_server, number, shared, &reply_is_lost) => result,
        result = reply(from_server, to_client, number, weather, &reply_is_lost) => result,
    }
}

async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    shared: &Shared,
    reply_is_lost: &AtomicBool,
) -> io::Result<()> {
    let mut weather = shared.weather.subscribe();
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        passes(&mut weather, number).await;
        match shared.moment(&buffer[..length]) {
            Some(Moment::After) => reply_is_lost.store(true, Ordering::SeqCst),
            Some(Moment::Before) => return Ok(()),
            None => {}
        }
        to.write_all(&buffer[..length]).await?;
    }
}

async fn reply(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    mut weather: watch::Receiver<Weather>,
    is_lost: &AtomicBool,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 || is_lost.load(Ordering::SeqCst) {
            return Ok(());
        }
        passes(&mut weather, number).await;
        to.write_all(&buffer[..length]).await?;
    }
}

impl Shared {
    /// Whether to close the connection at this message, and when.
    fn moment(&self, message: &[u8]) -> Option<Moment> {
        let mut armed = lock(&self.cut);
        let cut = armed.as_mut()?;
        let mut windows = message.windows(cut.marker.len());
        if !windows.any(|window| window == cut.marker) {
            return None;
        }
        if cut.skip > 0 {
            cut.skip -= 1;
            return None;
        }
        armed.take().map(|cut| cut.moment)
    }
}

async fn passes(weather: &mut watch::Receiver<Weather>, number: u64) {
    // It fails if the proxy is gone, and the connections with it.
    let _ = weather
        .wait_for(|weather| number >= weather.stalled_below)
        .await;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const BUFFER: usize = 64 << 10;
