use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What happens to the next request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The connection is cut before the request reaches the server.
    CutBefore,
    /// The connection is cut after the server has replied, and the reply is lost.
    CutAfter,
    /// The request and everything after it is swallowed, and the connection stays open.
    Silence,
}

#[derive(Debug, Default)]
struct Plan {
    /// Where the server is; connections are closed at once if there is none.
    target: Option<u16>,
    /// How many requests pass before the fault.
    passes: usize,
    fault: Option<Fault>,
}

/// Stands between a client and a server, so that a test can break the connection at a request.
///
/// What arrives in one read counts as one request.
#[derive(Debug)]
pub(crate) struct Proxy {
    accepting: JoinHandle<()>,
    plan: Arc<Mutex<Plan>>,
    port: u16,
}

impl Proxy {
    pub(crate) async fn start(target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let plan = Arc::new(Mutex::new(Plan {
            target: Some(target),
            ..Plan::default()
        }));
        let plan_of_all = plan.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = plan_of_all.clone();
                tokio::spawn(async move { serve(client, &plan).await });
            }
        });
        Ok(Self {
            accepting,
            plan,
            port,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Changes where the server is.
    pub(crate) fn aim(&self, target: Option<u16>) {
        lock(&self.plan).target = target;
    }

    /// Lets this many requests pass, and then a fault happens once.
    pub(crate) fn break_after(&self, passes: usize, fault: Fault) {
        let mut plan = lock(&self.plan);
        plan.passes = passes;
        plan.fault = Some(fault);
    }

    /// Ends the plan; returns whether the fault was still to come.
    pub(crate) fn is_fault_left(&self) -> bool {
        lock(&self.plan).fault.take().is_some()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, plan: &Mutex<Plan>) -> io::Result<()> {
    let Some(target) = lock(plan).target else {
        return Ok(());
    };
    let mut server = TcpStream::connect(("127.0.0.1", target)).await?;
    let (mut request, mut reply) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        tokio::select! {
            length = client.read(&mut request) => {
                let Some(bytes) = request.get(..length?).filter(|bytes| !bytes.is_empty()) else {
                    return Ok(());
                };
                match next_fault(plan) {
                    Some(Fault::CutBefore) => return Ok(()),
                    Some(Fault::CutAfter) => {
                        server.write_all(bytes).await?;
                        // The reply has begun, so the server has run the request.
                        server.readable().await?;
                        return Ok(());
                    }
                    Some(Fault::Silence) => {
                        while client.read(&mut request).await? > 0 {}
                        return Ok(());
                    }
                    None => server.write_all(bytes).await?,
                }
            }
            length = server.read(&mut reply) => {
                let Some(bytes) = reply.get(..length?).filter(|bytes| !bytes.is_empty()) else {
                    return Ok(());
                };
                client.write_all(bytes).await?;
            }
        }
    }
}

fn next_fault(plan: &Mutex<Plan>) -> Option<Fault> {
    let mut plan = lock(plan);
    plan.fault?;
    if plan.passes > 0 {
        plan.passes -= 1;
        return None;
    }
    plan.fault.take()
}

fn lock(plan: &Mutex<Plan>) -> std::sync::MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}
