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
    time,
};

use crate::{HANG, TestResult};

/// A proxy between a receiver and its server that breaks connections on demand.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    trap: Mutex<Option<Trap>>,
    upstream: u16,
    weather: watch::Sender<Weather>,
}

/// Connections are numbered from zero.
#[derive(Clone, Copy, Default)]
struct Weather {
    /// Connections with a lower number are closed.
    cut_below: u64,
    /// A message is held.
    is_holding: bool,
    /// The number of the next connection.
    next: u64,
    /// Nothing passes on connections with a lower number.
    stalled_below: u64,
}

/// A message to the server at which one connection fails, once.
#[derive(Clone, Debug)]
pub(crate) struct Trap {
    /// How many messages to let pass after the marked one, on the same connection.
    pub(crate) further: usize,
    /// What the message contains. Every message contains nothing.
    pub(crate) marker: &'static str,
    /// How many such messages pass first.
    pub(crate) skip: usize,
    pub(crate) then: Then,
}

/// What happens to the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Then {
    /// It is closed after the server has replied, before the client gets the reply.
    CutAfter,
    /// It is closed before the server gets the message.
    CutBefore,
    /// The message and all that follow it wait for [`Proxy::release`].
    Hold,
    /// It stays open, and nothing passes any more in any direction.
    Silence,
}

impl Proxy {
    pub(crate) async fn start(upstream: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            trap: Mutex::default(),
            upstream,
            weather: watch::Sender::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, task })
    }

    pub(crate) fn set(&self, trap: Trap) {
        *lock(&self.shared.trap) = Some(trap);
    }

    /// Takes the trap away, and returns whether it was still set.
    pub(crate) fn disarm(&self) -> bool {
        lock(&self.shared.trap).take().is_some()
    }

    /// Waits until the trap holds a message.
    pub(crate) async fn holds(&self) -> TestResult {
        let mut weather = self.shared.weather.subscribe();
        time::timeout(HANG, weather.wait_for(|weather| weather.is_holding)).await??;
        Ok(())
    }

    /// Lets the held message go.
    pub(crate) fn release(&self) {
        let weather = &self.shared.weather;
        weather.send_modify(|weather| weather.is_holding = false);
    }

    /// Closes the connections that are open now.
    pub(crate) fn cut(&self) {
        let weather = &self.shared.weather;
        weather.send_modify(|weather| weather.cut_below = weather.next);
    }

    /// Keeps all connections open, and lets nothing pass, also on new ones.
    pub(crate) fn stall(&self) {
        let weather = &self.shared.weather;
        weather.send_modify(|weather| weather.stalled_below = u64::MAX);
    }

    /// Lets everything pass again, also what was stalled.
    pub(crate) fn resume(&self) {
        let weather = &self.shared.weather;
        weather.send_modify(|weather| weather.stalled_below = 0);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        let weather = &self.shared.weather;
        weather.send_modify(|weather| weather.cut_below = u64::MAX);
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
    let upstream = SocketAddr::from(([127, 0, 0, 1], shared.upstream));
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
    let mut marked = None;
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        passes(&mut weather, number).await;
        match shared.trap(&buffer[..length], &mut marked) {
            None => {}
            Some(Then::CutAfter) => reply_is_lost.store(true, Ordering::SeqCst),
            Some(Then::CutBefore) => return Ok(()),
            Some(Then::Hold) => {
                let sender = &shared.weather;
                sender.send_modify(|weather| weather.is_holding = true);
                // It fails if the proxy is gone, and the connections with it.
                let _ = weather.wait_for(|weather| !weather.is_holding).await;
            }
            Some(Then::Silence) => std::future::pending().await,
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
    /// What happens at this message. `marked` counts down to it, once the marker has passed.
    fn trap(&self, message: &[u8], marked: &mut Option<usize>) -> Option<Then> {
        let mut armed = lock(&self.trap);
        let trap = armed.as_mut()?;
        let further = match marked {
            Some(further) => further.saturating_sub(1),
            None => {
                let marker = trap.marker.as_bytes();
                let is_marked = marker.is_empty()
                    || message.windows(marker.len()).any(|window| window == marker);
                if !is_marked {
                    return None;
                }
                if trap.skip > 0 {
                    trap.skip -= 1;
                    return None;
                }
                trap.further
            }
        };
        if further > 0 {
            *marked = Some(further);
            return None;
        }
        *marked = None;
        armed.take().map(|trap| trap.then)
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
