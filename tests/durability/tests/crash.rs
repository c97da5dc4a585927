//! Processes are killed while they process payments.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use durability::{Framework, Mode, Options};
use tokio::{
    sync::{RwLock, watch},
    task::JoinSet,
    time,
};

use crate::{
    TestResult,
    place::{Kind, Place},
    random::Random,
    receiver::Receiver,
    sender::{LIMIT, Response, Sender, postback},
};

/// Two running processes, and the names of all that were killed.
struct Fleet {
    killed: BTreeSet<String>,
    options: [Options; 2],
    receivers: Vec<Receiver>,
    started: usize,
    urls: Arc<RwLock<Vec<String>>>,
}

impl Fleet {
    async fn start(place: &Place) -> Result<Self, Box<dyn std::error::Error>> {
        let options = [Framework::Actix, Framework::Axum].map(|framework| Options {
            // The final resends wait this long for claims of the last kill.
            lease: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            ..place.options(framework)
        });
        let mut fleet = Self {
            killed: BTreeSet::new(),
            options,
            receivers: Vec::new(),
            started: 0,
            urls: Arc::default(),
        };
        for which in 0..fleet.options.len() {
            let receiver = fleet.next(which).await?;
            fleet.urls.write().await.push(receiver.url().to_owned());
            fleet.receivers.push(receiver);
        }
        Ok(fleet)
    }

    /// Starts a process with a name of its own.
    async fn next(&mut self, which: usize) -> std::io::Result<Receiver> {
        self.options[which].name = self.started.to_string();
        self.started += 1;
        Receiver::start(&self.options[which]).await
    }

    async fn kill(&mut self, which: usize) {
        self.receivers[which].kill();
        self.killed.insert(self.options[which].name.clone());
    }

    async fn replace(&mut self, which: usize) -> std::io::Result<()> {
        let receiver = self.next(which).await?;
        receiver
            .url()
            .clone_into(&mut self.urls.write().await[which]);
        self.receivers[which] = receiver;
        Ok(())
    }
}

/// What the senders have done so far.
struct Load {
    acknowledged: Mutex<BTreeSet<String>>,
    ends: AtomicBool,
    progress: watch::Sender<u64>,
    /// The number of invoices so far.
    started: AtomicU64,
}

impl Load {
    /// Sends one new invoice after another, each to both processes at once, whatever the response.
    async fn send(&self, sender: &Sender, urls: &RwLock<Vec<String>>) {
        while !self.ends.load(Ordering::Relaxed) {
            let invoice = name(self.started.fetch_add(1, Ordering::Relaxed));
            let urls = urls.read().await.clone();
            let (one, other) = (postback(&invoice, 0), postback(&invoice, 1));
            let responses =
                tokio::join!(sender.send(&urls[0], &one), sender.send(&urls[1], &other));
            if responses.0 == Response::Paid || responses.1 == Response::Paid {
                let mut acknowledged = self
                    .acknowledged
                    .lock()
                    .expect("no holder of the lock panics");
                acknowledged.insert(invoice);
                drop(acknowledged);
                self.progress.send_modify(|count| *count += 1);
            }
        }
    }
}

async fn check(kind: Kind, mode: Mode) -> TestResult {
    let Some(place) = Place::new(kind, mode).await? else {
        return Ok(());
    };
    let mut random = Random::new();
    let mut fleet = Fleet::start(&place).await?;
    let sender = Sender::new()?;
    let load = Arc::new(Load {
        acknowledged: Mutex::default(),
        ends: AtomicBool::new(false),
        progress: watch::Sender::new(0),
        started: AtomicU64::new(0),
    });
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (load, sender, urls) = (Arc::clone(&load), sender.clone(), Arc::clone(&fleet.urls));
        senders.spawn(async move { load.send(&sender, &urls).await });
    }
    let mut progress = load.progress.subscribe();
    while fleet.killed.len() < KILLS {
        let more = *progress.borrow_and_update() + random.below(5);
        time::timeout(LIMIT, progress.wait_for(|count| *count > more)).await??;
        // A random moment of the work: there is no event to wait for.
        time::sleep(Duration::from_micros(random.below(10_000))).await;
        let victims = match random.below(4) {
            0 => 0..2,
            1 => 0..1,
            _ => 1..2,
        };
        for which in victims.clone() {
            fleet.kill(which).await;
        }
        for which in victims {
            fleet.replace(which).await?;
        }
    }
    load.ends.store(true, Ordering::Relaxed);
    senders.join_all().await;

    let acknowledged = load
        .acknowledged
        .lock()
        .expect("no holder of the lock panics")
        .clone();
    let before = place.ledger.effects().await?;
    for invoice in &acknowledged {
        assert!(
            before.contains_key(invoice),
            "{invoice} was acknowledged and lost"
        );
    }
    let urls = fleet.urls.read().await.clone();
    let started = load.started.load(Ordering::Relaxed);
    resend_all(&sender, &urls, started).await;
    let after = place.ledger.effects().await?;
    assert_eq!(after.len() as u64, started);
    for invoice in &acknowledged {
        assert_eq!(
            before[invoice], after[invoice],
            "{invoice} was credited again"
        );
    }
    check_effects(mode, &after, &fleet.killed);
    let again = after.values().filter(|effects| effects.len() > 1).count();
    eprintln!(
        "{kind:?} {mode}: {} kills, {started} invoices, {} acknowledged and {} credited before the \
         resends, {again} credited again after a kill",
        fleet.killed.len(),
        acknowledged.len(),
        before.len(),
    );
    Ok(())
}

/// Resends every invoice until it is paid.
async fn resend_all(sender: &Sender, urls: &[String], started: u64) {
    let mut resends = JoinSet::new();
    for number in 0..started {
        let (sender, urls) = (sender.clone(), urls.to_vec());
        resends.spawn(async move {
            sender
                .send_until_paid(&urls, &postback(&name(number), 2))
                .await;
        });
        while resends.len() >= RESENDS_AT_ONCE {
            resends.join_next().await.transpose().expect("a response");
        }
    }
    resends.join_all().await;
}

fn check_effects(mode: Mode, effects: &BTreeMap<String, Vec<String>>, killed: &BTreeSet<String>) {
    for (invoice, processes) in effects {
        let (_, earlier) = processes.split_last().expect("at least one");
        match mode {
            // The promise of this mode: only a kill between effect and completion leaves a double.
            Mode::Lease => {
                let are_killed = earlier.iter().all(|process| killed.contains(process));
                assert!(are_killed, "{invoice}: {processes:?}");
            }
            Mode::Transaction => assert!(earlier.is_empty(), "{invoice}: {processes:?}"),
        }
    }
}

fn name(number: u64) -> String {
    format!("INVOICE{number}")
}

macro_rules! crashes {
    ($($name:ident: $kind:ident $mode:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> TestResult {
            check(Kind::$kind, Mode::$mode).await
        }
    )*};
}

crashes! {
    postgres_lease: Postgres Lease;
    postgres_transaction: Postgres Transaction;
    sqlite_lease: Sqlite Lease;
    sqlite_transaction: Sqlite Transaction;
}

const KILLS: usize = 100;
const RESENDS_AT_ONCE: usize = 32;
const SENDERS: usize = 6;
